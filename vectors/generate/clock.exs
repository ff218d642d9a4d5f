defmodule Vectors.Clock do
  @key :phoenix_token_vectors_now

  # A copy of Plug.Crypto under another name, whose calls of the clock give the time that is set;
  # made from the debug information of the compiled module. nil where there is none.
  def frozen_copy(now_ms) do
    with path when is_list(path) <- :code.which(Plug.Crypto),
         {:ok, {_, [debug_info: {:debug_info_v1, backend, data}]}} <-
           :beam_lib.chunks(path, [:debug_info]),
         {:ok, forms} <- backend.debug_info(:erlang_v1, Plug.Crypto, data, []),
         {:ok, module, code} <- :compile.forms(freeze(forms)),
         {:module, module} <- :code.load_binary(module, ~c"frozen", code),
         :ok <- :persistent_term.put(@key, now_ms),
         true <- frozen?(module, now_ms) do
      module
    else
      _ -> nil
    end
  end

  defp freeze({:attribute, line, :module, _}),
    do: {:attribute, line, :module, Vectors.FrozenCrypto}

  defp freeze({:call, line, {:remote, _, {:atom, _, _}, {:atom, _, clock}}, _})
       when clock in [:os_time, :system_time] do
    get = {:remote, line, {:atom, line, :persistent_term}, {:atom, line, :get}}
    {:call, line, get, [{:atom, line, @key}]}
  end

  defp freeze(form) when is_tuple(form) do
    form |> Tuple.to_list() |> Enum.map(&freeze/1) |> List.to_tuple()
  end

  defp freeze([head | tail]), do: [freeze(head) | freeze(tail)]
  defp freeze(form), do: form

  # A token that is signed now carries the time that was set.
  defp frozen?(module, now_ms) do
    [_, payload, _] = String.split(module.sign("a secret key base of 20 bytes", "salt", 1), ".")
    {1, signed_at, _} = payload |> Base.url_decode64!(padding: false) |> :erlang.binary_to_term()
    signed_at == now_ms
  end
end
