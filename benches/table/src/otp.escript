%% Measures Erlang/OTP on request: a line of operation, arguments in hexadecimal and number of runs
%% comes in, the nanoseconds of all runs go out.
-mode(compile).

main([]) ->
    case io:get_line("") of
        eof -> ok;
        Line ->
            [Name, One, Other, Runs] = string:lexemes(string:trim(Line), " "),
            Run = operation(Name, unhex(One), unhex(Other)),
            Start = erlang:monotonic_time(nanosecond),
            repeat(Run, list_to_integer(Runs)),
            io:format("~b~n", [erlang:monotonic_time(nanosecond) - Start]),
            main([])
    end.

operation("mac", Key, Bytes) -> fun() -> crypto:mac(hmac, sha256, Key, Bytes) end;
operation("binary_to_term", Bytes, _) -> fun() -> binary_to_term(Bytes) end;
operation("term_to_binary", Bytes, _) ->
    Term = binary_to_term(Bytes),
    fun() -> term_to_binary(Term) end.

repeat(_, 0) -> ok;
repeat(Run, Runs) -> Run(), repeat(Run, Runs - 1).

unhex("-") -> <<>>;
unhex(Hex) -> binary:decode_hex(list_to_binary(Hex)).
