# Makes the files that README.md describes, from the Plug.Crypto, and the Plug if there is one, of the
# project in whose folder it is run:
#
#     mix run path/to/generate.exs OUT [SEED]
#
# It needs nothing else: any Elixir from 1.14 and OTP from 25 will do. With a seed the keys, terms and
# damage are the same in each run; nonces are not.

plug? = Code.ensure_loaded?(Plug.Conn)
parts = ~w(json term random clock messages tokens terms) ++ if(plug?, do: ["cookies"], else: [])
# They stand before it in what `phoenix-token check --script` prints.
unless Code.ensure_loaded?(Vectors.Json) do
  for part <- parts, do: Code.require_file("generate/#{part}.exs", __DIR__)
end

{folder, seed} =
  case System.argv() do
    [folder] -> {folder, :erlang.unique_integer() + System.os_time()}
    [folder, seed] -> {folder, String.to_integer(seed)}
    _ -> raise "mix run generate.exs OUT [SEED]"
  end

:rand.seed(:exsss, seed)

# Plug tells of each cookie that it refuses.
:logger.set_primary_config(:level, :none)

# Where the applications run they have these tables already.
for table <- [Plug.Crypto.Keys, Plug.Keys], :ets.whereis(table) == :undefined do
  :ets.new(table, [:named_table, :public])
end

version = fn application ->
  Application.load(application)
  to_string(Application.spec(application, :vsn) || "")
end

source = [
  plug_crypto: version.(:plug_crypto),
  plug: version.(:plug),
  elixir: System.version(),
  otp: System.otp_release()
]

write = fn name, {fields, cases} ->
  File.write!(
    Path.join(folder, name <> ".json"),
    Vectors.Json.encode({[source: {source}] ++ fields ++ [cases: cases]})
  )

  IO.puts("#{name}.json: #{length(cases)} cases")
end

File.mkdir_p!(folder)
write.("key_derivation", {[], Vectors.Messages.key_derivation()})
write.("message_verifier", {[], Vectors.Messages.message_verifier()})
write.("message_encryptor", {[], Vectors.Messages.message_encryptor()})
write.("token", {[], Vectors.Tokens.token()})
write.("payload_layout", {[], Vectors.Tokens.payload_layout()})
write.("etf_encode", {[], Vectors.Terms.etf_encode()})
write.("etf_decode", {[], Vectors.Terms.etf_decode()})

case Vectors.Tokens.age_at_clock() do
  nil ->
    IO.puts("age_at_clock.json: left out, Plug.Crypto was compiled without debug information")

  ages ->
    write.("age_at_clock", ages)
end

if plug? do
  # The module is there only with Plug, so that it is called by name.
  for name <- ~w(session_cookie signed_cookie csrf) do
    write.(name, {[], apply(Vectors.Cookies, String.to_atom(name), [])})
  end
else
  IO.puts("session_cookie.json, signed_cookie.json, csrf.json: left out, there is no Plug")
end
