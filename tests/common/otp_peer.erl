%% The Erlang end of the pipe that tests/common/otp.rs opens. A request is one byte and a list of
%% byte strings, an answer a list of byte strings; each string follows its 32-bit length.
-module(otp_peer).
-export([run/1]).

run(Port) ->
    receive
        {Port, {data, <<Request, Items/binary>>}} ->
            Answer = answer(Request, items(Items)),
            port_command(Port, [[<<(iolist_size(I)):32>>, I] || I <- Answer]),
            run(Port);
        {Port, eof} ->
            halt(0)
    end.

items(<<Size:32, Item:Size/binary, Rest/binary>>) -> [Item | items(Rest)];
items(<<>>) -> [].

answer($i, []) -> [erlang:system_info(otp_release)];
answer($j, Items) -> [judge(I) || I <- Items];
answer($t, Items) -> [canonical(parse(I)) || I <- Items];
answer($c, Items) -> compare(Items);
answer($s, Items) -> [canonical(lists:sort([binary_to_term(I) || I <- Items]))];
answer($v, [Key, <<Now:64/signed>> | Tokens]) -> [verify(Key, Now, T) || T <- Tokens];
answer($g, [<<Seed:64, Count:32>>]) ->
    rand:seed(exsss, Seed),
    lists:append([encodings(term(4)) || _ <- lists:seq(1, Count)]).

%% What binary_to_term makes of it, and Plug's rule against functions and ports.
judge(Bytes) ->
    try binary_to_term(Bytes, [used]) of
        {Term, Used} ->
            case executable(Term) of
                true -> <<$x, Used:32>>;
                false -> <<$o, Used:32, (canonical(Term))/binary>>
            end
    catch
        error:badarg -> <<$r>>
    end.

executable([Head | Tail]) -> executable(Head) orelse executable(Tail);
executable(Tuple) when is_tuple(Tuple) -> executable(tuple_to_list(Tuple));
executable(Map) when is_map(Map) -> executable(maps:to_list(Map));
executable(Term) -> is_function(Term) orelse is_port(Term).

%% Plug.Crypto's rule for a signed token, in the order in which it decides.
verify(Key, Now, Token) ->
    case authentic(Key, Token) of
        {ok, Payload} ->
            try binary_to_term(Payload) of
                Term ->
                    case executable(Term) of
                        true -> <<$!>>;
                        false -> aged(Term, Now)
                    end
            catch
                error:badarg -> <<$!>>
            end;
        error -> <<$r>>
    end.

authentic(Key, Token) ->
    case binary:split(Token, <<".">>, [global]) of
        [Protected, Payload, Signature] ->
            Covered = <<Protected/binary, $., Payload/binary>>,
            case {digest(url_decode(Protected)), url_decode(Payload), url_decode(Signature)} of
                {{ok, Digest}, {ok, Message}, {ok, Mac}} ->
                    case crypto:mac(hmac, Digest, Key, Covered) of
                        Mac -> {ok, Message};
                        _ -> error
                    end;
                _ -> error
            end;
        _ -> error
    end.

digest({ok, <<"HS256">>}) -> {ok, sha256};
digest({ok, <<"HS384">>}) -> {ok, sha384};
digest({ok, <<"HS512">>}) -> {ok, sha512};
digest(_) -> error.

%% As Base.url_decode64(_, padding: false): with the padding or without, and any unused bits.
url_decode(Text) ->
    Bare = bare(Text),
    Padded = byte_size(Bare) =:= byte_size(Text) orelse byte_size(Text) rem 4 =:= 0,
    Standard = << <<(standard(C))>> || <<C>> <= Bare >>,
    case Padded andalso byte_size(Bare) rem 4 =/= 1 andalso not lists:member($!, binary_to_list(Standard)) of
        true -> {ok, base64:decode(<<Standard/binary, (padding(byte_size(Bare) rem 4))/binary>>)};
        false -> error
    end.

bare(Text) ->
    case byte_size(Text) rem 4 of
        0 -> re:replace(Text, "={1,2}\\z", "", [{return, binary}]);
        _ -> Text
    end.

padding(2) -> <<"==">>;
padding(3) -> <<"=">>;
padding(0) -> <<>>.

standard($-) -> $+;
standard($_) -> $/;
standard(C) when C >= $A, C =< $Z; C >= $a, C =< $z; C >= $0, C =< $9 -> C;
standard(_) -> $!.

aged(Term, Now) ->
    try
        {Data, Signed, MaxAge} =
            case Term of
                {D, S, M} -> {D, S, M};
                {D, S} -> {D, S, 86400};
                #{data := D, signed := S} -> {D, S, 86400}
            end,
        if
            MaxAge =:= infinity -> <<$o, (canonical(Data))/binary>>;
            MaxAge =< 0 -> <<$e>>;
            Signed > Now -> <<$i>>;
            true ->
                case Signed + trunc(MaxAge * 1000) < Now of
                    true -> <<$e>>;
                    false -> <<$o, (canonical(Data))/binary>>
                end
        end
    catch
        error:_ -> <<$!>>
    end.

%% The one encoding by which terms are compared.
canonical(Term) -> term_to_binary(Term, [deterministic, {minor_version, 2}]).

parse(Text) ->
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list([Text, "."])),
    {ok, Term} = erl_parse:parse_term(Tokens),
    Term.

%% Items two by two: by Erlang's order, and whether they are one and the same.
compare([Left, Right | Rest]) ->
    [order(binary_to_term(Left), binary_to_term(Right)) | compare(Rest)];
compare([]) -> [].

order(Left, Right) ->
    Exact = case Left =:= Right of true -> $=; false -> $/ end,
    if
        Left < Right -> [$<, Exact];
        Left > Right -> [$>, Exact];
        true -> [$=, Exact]
    end.

%% Every way to write a term: canonical, by default, with the older minor versions, compressed.
encodings(Term) ->
    [canonical(Term),
     term_to_binary(Term),
     term_to_binary(Term, [{minor_version, 0}]),
     term_to_binary(Term, [{minor_version, 1}]),
     term_to_binary(Term, [{minor_version, 2}, compressed]),
     term_to_binary(Term, [{minor_version, 2}, {compressed, 9}])].

%% Random terms.

term(Depth) ->
    Kinds = case Depth of 0 -> 7; _ -> 12 end,
    case rand:uniform(Kinds) of
        1 -> integer();
        2 -> float();
        3 -> atom();
        4 -> rand:bytes(size());
        5 -> bitstring();
        6 -> one_of([pid(), reference()]);
        7 -> one_of([[], {}, #{}, <<>>, "charlist", [rand:uniform(256) - 1]]);
        8 -> list(Depth);
        9 -> list(Depth) ++ term(0);
        10 -> list_to_tuple(list(Depth));
        11 -> maps:from_list([{term(Depth - 1), term(Depth - 1)} || _ <- list(1)]);
        12 -> rare(Depth)
    end.

rare(Depth) ->
    case rand:uniform(12) of
        1 -> list_to_tuple(lists:duplicate(250 + rand:uniform(10), term(0)));
        2 -> maps:from_list([{term(0), term(0)} || _ <- lists:seq(1, 40)]);
        3 -> maps:from_list([{atom(), N} || N <- lists:seq(1, 40)]);
        4 -> [rand:uniform(256) - 1 || _ <- lists:seq(1, 65530 + rand:uniform(8))];
        5 -> rand:bytes(70000);
        6 -> 1 bsl (2030 + rand:uniform(20));
        7 -> #{1 => integer, 1.0 => float};
        8 -> lists:foldl(fun(_, T) -> {T} end, term(0), lists:seq(1, 200));
        _ -> term(Depth)
    end.

list(Depth) -> [term(Depth - 1) || _ <- lists:seq(1, rand:uniform(6) - 1)].

size() -> rand:uniform(30) - 1.

integer() ->
    Edge = one_of([0, 255, 256, 1 bsl 27, 1 bsl 31, 1 bsl 32, 1 bsl 59, 1 bsl 63, 1 bsl 64,
                   1 bsl 128, rand:uniform(1 bsl (rand:uniform(600)))]),
    one_of([1, -1]) * Edge + rand:uniform(3) - 2.

float() ->
    case one_of([<<(rand:uniform(1 bsl 64) - 1):64>>, <<(integer()):64>>, <<1.5/float>>]) of
        <<Float/float>> -> one_of([Float, 0.0, -1.0, float(rand:uniform(1 bsl 60)), 1.0e300]);
        _ -> float()
    end.

atom() ->
    one_of([nil, true, false, ok, infinity, '', 'Elixir.MyApp.User', data, signed,
            list_to_atom([233]), list_to_atom([26085, 26412]), list_to_atom([128512]),
            list_to_atom(lists:duplicate(255, one_of([$a, 233, 26085]))),
            list_to_atom([$k | integer_to_list(rand:uniform(50))])]).

bitstring() ->
    Bits = rand:uniform(7),
    <<(rand:bytes(size()))/binary, (rand:uniform(128) - 1):Bits>>.

pid() ->
    Node = node_name(),
    one_of([self(), list_to_pid("<0." ++ integer_to_list(rand:uniform(30000)) ++ ".0>"),
            binary_to_term(<<131, 88, Node/binary, (word(1 bsl 15)):32, (word(1 bsl 13)):32,
                             (word(1 bsl 32)):32>>)]).

reference() ->
    Node = node_name(),
    Words = rand:uniform(3),
    Ids = << <<(word(1 bsl 18)):32>> || _ <- lists:seq(1, Words) >>,
    one_of([make_ref(),
            binary_to_term(<<131, 90, Words:16, Node/binary, (word(1 bsl 32)):32, Ids/binary>>)]).

node_name() ->
    Name = one_of([<<"a@b">>, <<"phoenix@10.0.0.1">>, <<195, 169, "@host">>]),
    <<119, (byte_size(Name)), Name/binary>>.

word(Bound) -> rand:uniform(Bound) - 1.

one_of(List) -> lists:nth(rand:uniform(length(List)), List).
