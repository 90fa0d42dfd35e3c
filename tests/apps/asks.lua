-- Acknowledgements that the server asks its clients for, for tests/integration; tests/integration/reference/asks.mjs is the same
-- for npm socket.io, where a function goes on with the answer.
local io = require "pollux"

local function install(nsp)
	nsp.on_ack("answered", function(socket, tag, ...)
		socket:emit("thanks", tag, ...)
	end)
	nsp.on_ack("heard", function(socket, tag, answer)
		nsp.to(tag.room):emit("answer", tag.by, answer)
	end)
	nsp.on("ask me", function(socket, tag, ...)
		socket:emit_with_ack("answered", tag, "question", ...)
	end)
	nsp.on("join", function(socket, room, ack)
		socket:join(room)
		ack(true)
	end)
	nsp.on("ask each", function(socket, room, question)
		for _, other in ipairs(nsp.in_(room):fetch_sockets()) do
			other:emit_with_ack("heard", { room = room, by = other.id }, "question", question)
		end
	end)
end

install(io)
install(io.of("/other"))
