defmodule Vectors.Term do
  def hex(bytes), do: Base.encode16(bytes, case: :lower)

  # A term as the vectors spell it.
  def describe(term) when is_atom(term), do: {[atom: Atom.to_string(term)]}
  def describe(term) when is_integer(term), do: {[integer: Integer.to_string(term)]}
  def describe(term) when is_float(term), do: {[float: hex(<<term::float>>)]}
  def describe(term) when is_binary(term), do: {[binary: hex(term)]}

  def describe(term) when is_bitstring(term) do
    last = rem(bit_size(term), 8)
    bytes = <<term::bitstring, 0::size(8 - last)>>
    {[bitstring: {[bytes: hex(bytes), last_bits: last]}]}
  end

  def describe(term) when is_list(term) do
    case split(term, []) do
      {elements, []} ->
        {[list: Enum.map(elements, &describe/1)]}

      {elements, tail} ->
        elements = Enum.map(elements, &describe/1)
        {[improper_list: {[elements: elements, tail: describe(tail)]}]}
    end
  end

  def describe(term) when is_tuple(term) do
    {[tuple: term |> Tuple.to_list() |> Enum.map(&describe/1)]}
  end

  def describe(term) when is_map(term) do
    {[map: for({key, value} <- :maps.to_list(term), do: [describe(key), describe(value)])]}
  end

  def describe(term) when is_pid(term), do: {[pid: hex(:erlang.term_to_binary(term))]}
  def describe(term) when is_reference(term), do: {[reference: hex(:erlang.term_to_binary(term))]}

  defp split([head | tail], elements), do: split(tail, [head | elements])
  defp split(tail, elements), do: {Enum.reverse(elements), tail}
end
