defmodule Vectors.Messages do
  import Vectors.Random
  import Vectors.Term, only: [hex: 1]
  alias Plug.Crypto.{KeyGenerator, MessageEncryptor, MessageVerifier}

  @alphabet Enum.to_list(?A..?Z) ++ Enum.to_list(?a..?z) ++ Enum.to_list(?0..?9) ++ ~c"-_"
  @headers ["SFMyNTY", "SFMzODQ", "SFM1MTI", "XCP", "QTEyOEdDTQ", "bm9uZQ", ""]

  def key_derivation do
    for number <- 1..60 do
      secret = bytes(pick([1, 20, 31, 32, 64, 65, 127, 128, 129, 200]))
      salt = pick([ascii(below(100)), text(below(10)), bytes(8), "", "user auth"])

      {iterations, length, digest} =
        if number <= 20,
          do: {1000, 32, :sha256},
          else:
            {pick([1, 2, 10, 1000, 4096]), pick([1, 16, 20, 24, 32, 33, 48, 64, 65, 100]),
             pick([:sha256, :sha384, :sha512])}

      options = [iterations: iterations, length: length, digest: digest]
      key = KeyGenerator.generate(secret, salt, options)
      fields = [secret: hex(secret), salt: hex(salt)] ++ options ++ [key: hex(key)]
      {fields}
    end
  end

  def message_verifier do
    Enum.flat_map(1..40, fn number ->
      key = bytes(pick([1, 16, 32, 64, 65, 129, 200]))
      message = bytes(pick([0, 1, 2, 3, 17, 20, 50, 300]))
      digest = pick([:sha256, :sha384, :sha512])
      token = MessageVerifier.sign(message, key, digest)
      verify = &result(fn -> MessageVerifier.verify(&1, key) end)
      genuine = [key: hex(key), message: hex(message), digest: digest]

      [{genuine ++ [token: token, result: verify.(token)]}] ++
        for other <- spellings(token, number) do
          {[key: hex(key), token: other, result: verify.(other)]}
        end
    end)
  end

  def message_encryptor do
    Enum.flat_map(1..40, fn number ->
      length = pick(if(v1?(), do: [16, 24, 32, 48, 64], else: [32]))
      {secret, sign_secret} = {bytes(length), bytes(pick([0, 1, 32, 64]))}
      {message, aad} = {bytes(pick([0, 1, 15, 16, 17, 300])), pick(["A128GCM", "", "other aad"])}
      token = MessageEncryptor.encrypt(message, aad, secret, sign_secret)
      sealed(number, message, aad, secret, sign_secret, token)
    end) ++ if(v1?(), do: [], else: Enum.flat_map(1..10, &older_message/1))
  end

  # What 2.x still reads of 1.x, written here by its formula.
  defp older_message(number) do
    {message, sign_secret} = {bytes(below(40)), bytes(pick([0, 32]))}
    secret = bytes(pick([16, 24, 32]))
    {key, iv, key_iv} = {bytes(16), bytes(12), bytes(12)}
    gcm = :"aes_#{bit_size(secret)}_gcm"

    {wrapped, wrap_tag} =
      :crypto.crypto_one_time_aead(gcm, secret, key_iv, key, sign_secret, true)

    {sealed, tag} = :crypto.crypto_one_time_aead(:aes_128_gcm, key, iv, message, "A128GCM", true)
    parts = ["A128GCM", wrapped <> wrap_tag <> key_iv, iv, sealed, tag]
    token = Enum.map_join(parts, ".", &Base.url_encode64(&1, padding: false))
    sealed(number + 5, message, "A128GCM", secret, sign_secret, token)
  end

  defp sealed(number, message, aad, secret, sign_secret, token) do
    decrypt = &result(fn -> MessageEncryptor.decrypt(&1, aad, secret, sign_secret) end)
    keys = [secret: hex(secret), sign_secret: hex(sign_secret), aad: hex(aad)]
    genuine = keys ++ [message: hex(message)]

    [{genuine ++ [token: token, result: decrypt.(token)]}] ++
      for(
        other <- spellings(token, number),
        do: {keys ++ [token: other, result: decrypt.(other)]}
      )
  end

  def v1? do
    token = MessageEncryptor.encrypt("", "A128GCM", String.duplicate("k", 32), "")
    String.starts_with?(token, "QTEyOEdDTQ.")
  end

  defp result(open) do
    case open.() do
      {:ok, message} -> {[ok: hex(message)]}
      :error -> "error"
    end
  end

  # The more spellings, the lower the number.
  defp spellings(token, number) when number > 10, do: [other_character(token)]

  defp spellings(token, number) do
    [header, rest] = String.split(token, ".", parts: 2)
    last = byte_size(token) - 1
    cut = binary_part(token, 0, last)

    Enum.map(1..3, fn _ -> other_character(token) end) ++
      [token <> "=", token <> "==", token <> "===", token <> ".", token <> "A", token <> "\n"] ++
      ["." <> token, " " <> token, cut, binary_part(token, 0, div(last, 2)), "", rest] ++
      [String.downcase(token), String.replace(token, ~r/\.[^.]*$/, ".")] ++
      [token |> String.replace("-", "+") |> String.replace("_", "/")] ++
      for(other <- @headers -- [header], do: other <> "." <> rest) ++
      if(number <= 4, do: for(char <- @alphabet, do: cut <> <<char>>) -- [token], else: [])
  end
end
