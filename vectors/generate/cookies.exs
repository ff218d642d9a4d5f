defmodule Vectors.Cookies do
  import Vectors.Random
  import Vectors.Term, only: [describe: 1]

  alias Plug.{Conn, CSRFProtection, Session}

  def session_cookie do
    for number <- 1..40 do
      secret = ascii(64 + below(20))
      salts = [signing_salt: ascii(8), encryption_salt: if(rem(number, 2) == 0, do: ascii(8))]
      options = if number > 35, do: key_options(), else: []
      store = Session.COOKIE.init(Enum.reject(salts, &match?({_, nil}, &1)) ++ options)
      session = session(number)
      cookie = Session.COOKIE.put(%Conn{secret_key_base: secret}, nil, session, store)
      tampered = other_character(cookie)

      result =
        case Session.COOKIE.get(%Conn{secret_key_base: secret}, tampered, store) do
          {_, ^session} -> "same"
          {_, empty} when empty == %{} -> "rejected"
        end

      {[secret_key_base: secret] ++
         salts ++
         [options: {options}, session: describe(session), cookie: cookie] ++
         [tampered: tampered, tampered_result: result]}
    end
  end

  defp key_options do
    digest = pick([:sha256, :sha384, :sha512])
    [key_iterations: 1 + below(2000), key_length: 32, key_digest: digest]
  end

  defp session(number) do
    case rem(number, 5) do
      0 ->
        %{"user_token" => bytes(32), "live_socket_id" => "users_sessions:" <> ascii(20)}

      1 ->
        %{"user_id" => number}

      2 ->
        %{"_csrf_token" => ascii(24), "user_remember_me" => true, "user_return_to" => "/settings"}

      3 ->
        %{"cart" => [1, {2, "x"}], "phoenix_flash" => %{"info" => "Welcome back!"}}

      4 ->
        %{"k" => term()}
    end
  end

  @sent_at {{2026, 1, 2}, {3, 4, 5}}

  def signed_cookie do
    for number <- 1..30 do
      secret = ascii(64)
      name = pick(["token", "_x", "_my_app_web_user_remember_me"])
      kind = if rem(number, 3) == 0, do: :encrypt, else: :sign
      max_age = pick([nil, 60, 1_209_600, 5_184_000])
      value = if rem(number, 2) == 0, do: bytes(32), else: term()
      age = if max_age == nil, do: [], else: [max_age: max_age]
      options = [{kind, true}, {:same_site, "Lax"} | age]

      sent =
        Conn.put_resp_cookie(%Conn{secret_key_base: secret}, name, value, options).resp_cookies[
          name
        ]

      header = Conn.Cookies.encode(name, Map.put(sent, :universal_time, @sent_at))

      {[
         secret_key_base: secret,
         name: name,
         kind: kind,
         max_age: max_age,
         value: describe(value),
         generated_at_ms: System.os_time(:millisecond),
         cookie: sent.value,
         set_cookie_at_2026_01_02_03_04_05: header
       ]}
    end
  end

  def csrf do
    for number <- 1..30 do
      {secret, host} = {ascii(64), pick(["example.com", "api.example.com", "localhost"])}
      {session, other} = {new_session(secret), new_session(secret)}
      CSRFProtection.load_state(secret, session)
      masked = CSRFProtection.get_csrf_token()
      bound = CSRFProtection.get_csrf_token_for("//" <> host <> "/")
      CSRFProtection.delete_csrf_token()

      tries =
        [{session, masked}, {other, masked}, {session, other_character(masked)}, {session, ""}] ++
          [{session, binary_part(masked, 0, 55)}, {session, session}, {session, bound}] ++
          [
            {session, other_character(bound)},
            {other, bound},
            {binary_part(session, 0, 23), masked}
          ]

      hosts = [{"evil.com", []}, {"evil.com", [host]}, {"evil.com", [".example.com"]}]

      tries =
        for({session, given} <- tries, do: attempt(secret, session, given, host, [])) ++
          for({request, allowed} <- hosts, do: attempt(secret, session, bound, request, allowed))

      tokens = [session_token: session, masked_token: masked, host: host, host_token: bound]
      {[case: number, secret_key_base: secret] ++ tokens ++ [tries: tries]}
    end
  end

  # A new state, and from it the unmasked token that a session keeps.
  defp new_session(secret) do
    CSRFProtection.load_state(secret, nil)
    CSRFProtection.get_csrf_token()
    session = CSRFProtection.dump_state()
    CSRFProtection.delete_csrf_token()
    session
  end

  defp attempt(secret, session, given, host, allowed) do
    conn = %Conn{
      secret_key_base: secret,
      method: "POST",
      host: host,
      body_params: %{"_csrf_token" => given},
      private: %{plug_session: %{"_csrf_token" => session}, plug_session_fetch: :done}
    }

    accepted =
      try do
        CSRFProtection.call(conn, CSRFProtection.init(allow_hosts: allowed))
        true
      rescue
        CSRFProtection.InvalidCSRFTokenError -> false
      end

    {[
       session_token: session,
       given: given,
       request_host: host,
       allow_hosts: allowed,
       accepted: accepted
     ]}
  end
end
