defmodule Vectors.Tokens do
  import Vectors.Random
  import Vectors.Term, only: [hex: 1, describe: 1]
  alias Plug.Crypto.{KeyGenerator, MessageVerifier}

  @salts ["user auth", "user salt", "user socket", "channel"]
  @ages [nil, 1_000_000_000, :infinity, 100_000, 90_000.5, 0, -5]
  @checks [nil, :infinity, 1_000_000_000, 0, -1, 60, 0.5]

  def token, do: Enum.map(0..119, &token/1)

  defp token(number) do
    now = System.os_time(:second)
    secret = ascii(pick([20, 32, 64, 100]))
    salt = pick([pick(@salts), ascii(1 + below(20)), text(5)])
    operation = if rem(number, 3) == 2, do: :encrypt, else: :sign
    options = options(number, operation)

    signed_at =
      Enum.at([now - 3600, 1_700_000_000.5, now - 86_400, now - 90_000, 0, nil], rem(number, 6))

    signed_at = signed_at || pick([now + 40, now + 3600, now + 100_000_000])
    max_age = Enum.at(@ages, rem(number, 7))

    data =
      if number < 12, do: Enum.at([1, "user@example.com", nil, %{}], rem(number, 4)), else: term()

    time = [signed_at: signed_at] ++ if(max_age == nil, do: [], else: [max_age: max_age])
    token = apply(Plug.Crypto, operation, [secret, salt, data, time ++ options])
    open = if operation == :sign, do: :verify, else: :decrypt
    generated_at = System.os_time(:millisecond)

    check = fn secret, salt, age ->
      options = if age == nil, do: options, else: [{:max_age, age} | options]
      result(fn -> apply(Plug.Crypto, open, [secret, salt, token, options]) end)
    end

    {[
       operation: operation,
       secret_key_base: secret,
       salt: salt,
       data: describe(data),
       data_etf: hex(:erlang.term_to_binary(data)),
       options: {options},
       signed_at_ms: trunc(signed_at * 1000),
       max_age: max_age,
       generated_at_ms: generated_at,
       token: token,
       checks: for(age <- @checks, do: {[max_age: age, result: check.(secret, salt, age)]}),
       wrong: [
         {[why: "other salt", salt: salt <> "x", result: check.(secret, salt <> "x", nil)]},
         {[
            why: "other secret",
            secret_key_base: secret <> "x",
            result: check.(secret <> "x", salt, nil)
          ]}
       ]
     ]}
  end

  defp options(number, _) when number < 80, do: []

  defp options(_, operation) do
    lengths =
      cond do
        operation == :sign -> [1, 16, 24, 32, 48, 64]
        Vectors.Messages.v1?() -> [16, 24, 32, 48]
        true -> [32]
      end

    [
      key_iterations: pick([1, 2, 1000, 5000]),
      key_length: pick(lengths),
      key_digest: pick([:sha256, :sha384, :sha512])
    ]
  end

  # Payloads signed by hand, most of which no release writes now, or ever wrote.
  def payload_layout do
    secret = ascii(64)
    signed = System.os_time(:millisecond) - 60_000

    key =
      KeyGenerator.generate(secret, "user auth", iterations: 1000, length: 32, digest: :sha256)

    {:ok, port} = :gen_udp.open(0)

    terms = [
      {"two-element tuple of Plug.Crypto 1.1", {"data", 1_700_000_000_000}},
      {"two-element tuple, recent", {"data", signed}},
      {"map of the first Phoenix releases", %{data: "data", signed: 1_700_000_000_000}},
      {"map of the first Phoenix releases, recent", %{data: "data", signed: signed}},
      {"map with further keys", %{data: "data", signed: signed, other: 1}},
      {"map without data", %{signed: signed}},
      {"map with binary keys", %{"data" => "data", "signed" => signed}},
      {"four-element tuple", {"data", signed, 86_400, 1}},
      {"one-element tuple", {"data"}},
      {"list of three", ["data", signed, 86_400]},
      {"bare term", "data"},
      {"signed_at is a float", {"data", signed + 0.5, 86_400}},
      {"signed_at is negative", {"data", -1, 86_400}},
      {"signed_at is a binary", {"data", "now", 86_400}},
      {"signed_at is a bignum", {"data", Integer.pow(10, 24), 86_400}},
      {"signed_at is a negative bignum", {"data", -Integer.pow(10, 24), 86_400}},
      {"max_age is a float", {"data", signed, 86_400.5}},
      {"max_age is zero", {"data", signed, 0}},
      {"max_age is 0.0", {"data", signed, 0.0}},
      {"max_age is negative", {"data", signed, -1}},
      {"max_age is :infinity", {"data", 1_700_000_000_000, :infinity}},
      {"max_age is another atom", {"data", signed, :never}},
      {"max_age is nil", {"data", signed, nil}},
      {"max_age is a binary", {"data", signed, "86400"}},
      {"max_age is a list", {"data", signed, [1]}},
      {"max_age is a bignum", {"data", 1_700_000_000_000, Integer.pow(10, 24)}},
      {"data holds a function", {&String.length/1, signed, 86_400}},
      {"data holds a nested function", {%{a: [1, {2, fn -> 1 end}]}, signed, 86_400}},
      {"data holds a port", {port, signed, 86_400}},
      {"data holds a pid and a reference", {{self(), make_ref()}, signed, 86_400}}
    ]

    whole = :erlang.term_to_binary({"data", signed, 86_400})

    bytes = [
      {"not external term format", "hello"},
      {"empty payload", ""},
      {"trailing bytes", whole <> "x"},
      {"truncated", binary_part(whole, 0, 12)},
      {"compressed",
       :erlang.term_to_binary({String.duplicate("data", 99), signed, 9999}, [:compressed])},
      {"minor version 0 floats", :erlang.term_to_binary({1.5, signed, 86_400}, minor_version: 0)},
      {"minor version 1", :erlang.term_to_binary({:é, signed, 86_400}, minor_version: 1)},
      {"minor version 2", :erlang.term_to_binary({:é, signed, 86_400}, minor_version: 2)}
    ]

    :gen_udp.close(port)
    terms = for {why, term} <- terms, do: {why, :erlang.term_to_binary(term)}

    for {why, payload} <- terms ++ bytes do
      token = MessageVerifier.sign(payload, key)

      checks =
        for age <- [nil, :infinity, 3600] do
          options = if age == nil, do: [], else: [max_age: age]
          result = result(fn -> Plug.Crypto.verify(secret, "user auth", token, options) end)
          {[max_age: age, result: result]}
        end

      now = System.os_time(:millisecond)
      fields = [secret_key_base: secret, salt: "user auth", generated_at_ms: now, token: token]
      {[why: why] ++ fields ++ [checks: checks]}
    end
  end

  @now 1_767_323_045_500
  @token_ages [86_400, 60, 1, 0, -1, 0.5, 0.0005, 1.0015, :infinity]
  @given_ages [nil, 60, 0.5, 0, :infinity]

  # nil where the clock cannot be frozen.
  def age_at_clock do
    case Vectors.Clock.frozen_copy(@now) do
      nil -> nil
      crypto -> age_at_clock(crypto, ascii(64), "user auth")
    end
  end

  defp age_at_clock(crypto, secret, salt) do
    key = KeyGenerator.generate(secret, salt, iterations: 1000, length: 32, digest: :sha256)
    ends = for age <- @token_ages, is_number(age), do: trunc(age * 1000)
    around = for back <- ends, step <- [-1, 0, 1], do: @now - back + step
    ahead = for ahead <- [1000, 59_999, 60_000, 60_001, 86_400_000], do: @now + ahead

    cases =
      for signed <- Enum.uniq(around ++ ahead), own <- @token_ages, given <- @given_ages do
        token = MessageVerifier.sign(:erlang.term_to_binary({"d", signed, own}), key)
        options = if given == nil, do: [], else: [max_age: given]

        result =
          case crypto.verify(secret, salt, token, options) do
            {:ok, "d"} -> "ok"
            {:error, why} -> why
          end

        ages = [signed_at_ms: signed, max_age_in_token: own, max_age_given: given]
        {ages ++ [now_ms: @now, token: token, result: result]}
      end

    {[secret_key_base: secret, salt: salt], cases}
  end

  defp result(open) do
    case open.() do
      {:ok, data} -> {[ok: describe(data)]}
      {:error, why} -> {[error: why]}
    end
  rescue
    exception -> {[raised: inspect(exception.__struct__)]}
  end
end
