defmodule Vectors.Terms do
  import Vectors.Random
  import Vectors.Term, only: [hex: 1, describe: 1]

  def etf_encode do
    small = for term <- fixed() ++ Enum.map(1..150, fn _ -> term(4) end), do: encoded(term)

    small ++
      Enum.map(
        [{"list of 7", 65_535}, {"list of 7", 65_536}, {"binary of x", 70_000}],
        &repeated/1
      )
  end

  defp encoded(term) do
    etf = :erlang.term_to_binary(term)
    compressed = :erlang.term_to_binary(term, [:compressed])
    compressed = if compressed == etf, do: nil, else: hex(compressed)
    {[etf: hex(etf), compressed: compressed, term: describe(term)]}
  end

  defp repeated({kind, count}) do
    term =
      if kind == "list of 7", do: List.duplicate(7, count), else: String.duplicate("x", count)

    etf = :erlang.term_to_binary(term)
    fields = [etf_sha256: hex(:crypto.hash(:sha256, etf)), etf_bytes: byte_size(etf)]
    {fields ++ [term: {[repeat: {[kind: kind, count: count]}]}]}
  end

  defp fixed do
    edges = [8, 27, 31, 32, 59, 63, 64, 128, 2040, 2048]

    around =
      for bits <- edges,
          sign <- [1, -1],
          step <- [-1, 0, 1],
          do: sign * Integer.pow(2, bits) + step

    around ++
      [
        0,
        0.0,
        -0.0,
        1.5,
        1.0e300,
        5.0e-324,
        :a,
        :é,
        :日本,
        :"",
        nil,
        true,
        String.to_atom(String.duplicate("é", 255))
      ] ++
      [
        "",
        "a",
        <<5::3>>,
        <<255, 1::1>>,
        [],
        [[]],
        [1 | 2],
        [1, 2 | 3],
        [1, 256],
        [0, 255],
        ~c"charlist"
      ] ++
      [
        {},
        {1},
        List.to_tuple(Enum.to_list(1..255)),
        List.to_tuple(Enum.to_list(1..256)),
        %{},
        %{1 => 1, 1.0 => 2}
      ] ++
      [
        Map.new(1..33, &{&1, "v"}),
        Map.new(1..40, &{String.to_atom("k#{&1}"), &1}),
        %{[] => {}, {} => []}
      ] ++
      [
        ~D[2026-01-02],
        ~T[03:04:05.678],
        ~N[2026-01-02 03:04:05],
        ~U[2026-01-02 03:04:05.678901Z],
        1..3
      ] ++
      [
        self(),
        make_ref(),
        {:ok, self()},
        List.duplicate("abc", 60),
        String.duplicate("compress me ", 40)
      ]
  end

  def etf_decode do
    odd = for etf <- odd() ++ genuine(), do: decoded(etf, [])
    damaged = for _ <- 1..260, do: [:deterministic] |> written() |> damage() |> decoded([])
    odd ++ damaged ++ Enum.map(deep(), &decoded(&1, deep: true))
  end

  defp decoded(etf, deep) do
    case attempt(fn -> :erlang.binary_to_term(etf) end) do
      :error ->
        {[etf: hex(etf), valid: false]}

      {:ok, term} ->
        plug = attempt(fn -> Plug.Crypto.non_executable_binary_to_term(etf) end)
        verdict = [etf: hex(etf), valid: true]

        cond do
          deep != [] -> {verdict ++ deep}
          plug == :error -> {verdict ++ [non_executable: false]}
          true -> {verdict ++ [non_executable: true, term: describe(term)]}
        end
    end
  end

  defp attempt(fun) do
    {:ok, fun.()}
  rescue
    ArgumentError -> :error
  end

  defp written(options), do: :erlang.term_to_binary(term(), options)

  # What the library reads of others and of older releases.
  defp genuine do
    for options <- [[minor_version: 0], [minor_version: 1], [minor_version: 2], [:compressed]],
        term <- [1.5, :é, [1, 2.5, :a], %{a: 1}, self(), make_ref(), String.duplicate("x", 200)],
        do: :erlang.term_to_binary(term, options)
  end

  defp deep do
    tuples = String.duplicate(<<104, 1>>, 10_000)
    lists = String.duplicate(<<108, 1::32>>, 6_000)

    [
      <<131>> <> tuples <> <<106>>,
      <<131>> <> lists <> <<106>> <> String.duplicate(<<106>>, 6_000)
    ]
  end

  # Terms without the version byte, but for the first few.
  defp odd do
    node = <<119, 3, "a@b">>

    [<<131, 97, 1, 0, 0>>, <<131>>, "", <<130, 97, 1>>, <<131, 0>>, <<131, 131, 97, 1>>] ++
      compressed() ++
      for term <-
            atoms() ++
              numbers() ++
              identifiers(node) ++
              executables(node) ++
              [
                <<109, 5::32, 1>>,
                <<109, -1::32>>,
                <<77, 1::32, 9, 255>>,
                <<77, 1::32, 0, 255>>,
                <<77, 0::32, 8>>,
                <<77, 0::32, 0>>,
                <<77, 2::32, 3, 255, 255>>,
                <<77, 1::32, 8, 255>>,
                <<108, 0::32, 106>>,
                <<108, 0::32, 97, 1>>,
                <<108, 1::32, 97, 1, 97, 2>>,
                <<108, 1::32, 97, 1, 107, 0, 1, 2>>,
                <<108, 1::32, 97, 1, 106>>,
                <<108, 2::32, 97, 1, 106>>,
                <<108, -1::32, 97, 1>>,
                <<107, 0, 3, 1, 2, 3>>,
                <<107, 0, 0>>,
                <<107, 0, 3, 1, 2>>,
                <<104, 0>>,
                <<104, 2, 97, 1>>,
                <<105, 1::32, 97, 1>>,
                <<105, -1::32>>,
                <<116, 2::32, 97, 1, 97, 1, 97, 1, 97, 2>>,
                <<116, 1::32, 97, 1>>,
                <<116, -1::32>>,
                <<116, 2::32, 97, 1, 97, 1, 98, 1::32, 97, 2>>,
                <<68, 0>>,
                <<78, 0>>,
                <<82, 0>>,
                <<121, 0::32, 97, 1>>
              ],
          do: <<131>> <> term
  end

  defp compressed do
    one = :zlib.compress(<<97, 1>>)

    [
      <<131, 80, 2::32>> <> one,
      <<131, 80, 3::32>> <> one,
      <<131, 80, 1::32>> <> one,
      <<131, 80, -1::32>> <> one
    ] ++
      [
        <<131, 80, 2::32>> <> one <> "xx",
        <<131, 80, 2::32, 1, 2, 3>>,
        <<131, 80, 0::32>> <> :zlib.compress("")
      ] ++
      [
        <<131, 80, 4::32>> <> :zlib.compress(<<97, 1, 0, 0>>),
        <<131, 80, 3::32>> <> :zlib.compress(<<131, 97, 1>>)
      ]
  end

  defp atoms do
    e = String.duplicate("é", 256)

    [
      <<119, 1, 255>>,
      <<119, 2, "é">>,
      <<100, 1::16, 255>>,
      <<118, 2::16, "é">>,
      <<119, 0>>,
      <<115, 1, "a">>,
      <<100, 5>>
    ] ++
      [
        <<100, 256::16, String.duplicate("a", 256)::binary>>,
        <<118, 256::16, String.duplicate("a", 256)::binary>>
      ] ++
      [
        <<118, 510::16, e::binary-size(510)>>,
        <<118, 512::16, e::binary>>,
        <<119, 3, 0xED, 0xA0, 0x80>>
      ]
  end

  defp numbers do
    floats = [
      "1.5",
      "1,5",
      "1.5e+00",
      "nan",
      "1e400",
      "1.0e400",
      " 1.5",
      "0x1.8p1",
      "-0.0",
      "1",
      ""
    ]

    old = for text <- floats, do: <<99, text::binary, 0::size((31 - byte_size(text)) * 8)>>

    new =
      for bits <- [0x7FF0, 0x7FF8, 0xFFF0, 0x8000, 0x0000, 0x0001], do: <<70, bits::16, 0::48>>

    old ++
      new ++
      [<<99, String.duplicate("1", 31)::binary>>, <<98, 0::24>>] ++
      [
        <<110, 1, 0, 5>>,
        <<110, 0, 0>>,
        <<110, 1, 1, 0>>,
        <<110, 1, 2, 5>>,
        <<110, 4, 0, 1::32-little>>
      ] ++
      [
        <<110, 9, 0, 1, 0::64>>,
        <<111, 1::32, 0, 5>>,
        <<111, 0::32, 0>>,
        <<111, -1::32, 0>>,
        <<110, 5, 0, 1>>
      ]
  end

  defp identifiers(node) do
    [
      <<103, node::binary, 1::32, 0::32, 0>>,
      <<103, node::binary, 1::32, 0::32, 4>>,
      <<101, node::binary, 1::32, 0>>
    ] ++
      [
        <<101, node::binary, 262_144::32, 0>>,
        <<114, 1::16, node::binary, 0, 1::32>>,
        <<90, 6::16, node::binary, 0::224>>
      ] ++
      [
        <<88, node::binary, 1::32, 0::32, 5::32>>,
        <<90, 3::16, node::binary, 5::32, 1::32, 2::32, 3::32>>
      ]
  end

  defp executables(node) do
    export = <<113, 119, 5, "lists", 119, 3, "map", 97, 2>>
    <<131, closure::binary>> = :erlang.term_to_binary(fn -> node end)

    [
      export,
      closure,
      <<113, 119, 5, "lists">>,
      <<112, 0::24, 10>>,
      <<117, 0::32>>,
      <<102, node::binary, 1::32, 0>>
    ] ++
      [
        <<108, 1::32, export::binary, 106>>,
        <<108, 1::32, 97, 1, export::binary>>,
        <<104, 1, export::binary>>
      ] ++
      [
        <<116, 1::32, export::binary, 97, 1>>,
        <<116, 1::32, 97, 1, export::binary>>,
        <<120, node::binary, 1::64, 0::32>>
      ]
  end
end
