defmodule Vectors.Json do
  # An object is `{[{key, value}, ...]}`, so that its keys keep their order.
  def encode({pairs}), do: ["{", join(pairs, fn {k, v} -> [string(k), ":", encode(v)] end), "}"]
  def encode(list) when is_list(list), do: ["[", join(list, &encode/1), "]"]
  def encode(value) when value in [true, false], do: Atom.to_string(value)
  def encode(nil), do: "null"
  def encode(value) when is_atom(value) or is_binary(value), do: string(value)
  def encode(value) when is_integer(value), do: Integer.to_string(value)
  def encode(value) when is_float(value), do: Float.to_string(value)

  defp join(list, fun), do: list |> Enum.map(fun) |> Enum.intersperse(",")

  defp string(text), do: [?", for(<<char::utf8 <- to_string(text)>>, do: escape(char)), ?"]

  defp escape(char) when char in [?", ?\\], do: [?\\, char]
  defp escape(char) when char < 32 or char == 127, do: :io_lib.format("\\u~4.16.0b", [char])
  defp escape(char), do: <<char::utf8>>
end
