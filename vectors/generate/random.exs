defmodule Vectors.Random do
  @edges [0, 255, 256, 65_536, 2_147_483_647, 2_147_483_648, 4_294_967_296] ++
           for(bits <- [53, 59, 63, 64, 128, 2032, 2040, 2048], do: Integer.pow(2, bits))
  @atoms [nil, true, false, :ok, :"", :é, :日本, :"two words", :infinity, Vectors.Term] ++
           [
             :id,
             :name,
             :role,
             :email,
             :exp,
             :scope,
             :meta,
             String.to_atom(String.duplicate("é", 255))
           ]
  @floats [0.0, -0.0, 1.0, -1.5, 0.1, 1.0e22, 5.0e-324, 1.7976931348623157e308, 3.141592653589793]

  def below(bound), do: :rand.uniform(bound) - 1
  def pick(list), do: Enum.at(list, below(length(list)))
  def bytes(length), do: :rand.bytes(length)
  def ascii(length), do: length |> bytes() |> Base.url_encode64() |> binary_part(0, length)

  def text(length) do
    for _ <- Enum.take(1..20, length), into: "", do: pick(["a", "z", "é", "ß", "Ω", "日", "😀"])
  end

  # A term without pids and references, which mean nothing elsewhere.
  def term(depth \\ 3) do
    case below(if(depth == 0, do: 7, else: 12)) do
      0 -> pick([1, -1]) * pick(@edges) + below(3) - 1
      1 -> below(2000) - 1000
      2 -> pick(@floats)
      3 -> pick(@atoms)
      4 -> pick([bytes(below(40)), text(below(15)), ascii(below(20))])
      5 -> bitstring()
      6 -> for _ <- list(0), do: below(256)
      n when n in 7..8 -> map(depth)
      9 -> list(depth)
      10 -> depth |> list() |> List.to_tuple()
      11 -> [term(depth - 1) | pick([:tail, "tail", 7, {1, 2}])]
    end
  end

  def map(depth), do: Map.new(list(depth), &{pick([pick(@atoms), &1]), term(depth - 1)})

  defp list(depth), do: for(_ <- Enum.take(1..5, below(6)), do: term(max(depth - 1, 0)))

  defp bitstring do
    bits = 1 + below(7)
    <<bytes(below(3))::binary, below(Integer.pow(2, bits))::size(bits)>>
  end

  # A byte flipped, put in, taken out, or the end cut off.
  def damage(bytes) do
    at = below(byte_size(bytes))
    <<before::binary-size(at), byte, rest::binary>> = bytes

    case below(4) do
      0 -> <<before::binary, Bitwise.bxor(byte, Integer.pow(2, below(8))), rest::binary>>
      1 -> <<before::binary, below(256), byte, rest::binary>>
      2 -> before <> rest
      3 -> before
    end
  end

  # A token with another character somewhere.
  def other_character(token) do
    at = below(byte_size(token))
    <<before::binary-size(at), char, rest::binary>> = token
    other = pick(Enum.to_list(?A..?Z) -- [char])
    <<before::binary, other, rest::binary>>
  end
end
