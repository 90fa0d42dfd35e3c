-- Acknowledgements that are waited for only so long, and those of many, for tests/integration; tests/integration/reference/waits.mjs is
-- the same for npm socket.io.
local io = require "pollux"

local function install(nsp)
	nsp.on("join", function(socket, room, ack)
		socket:join(room)
		ack(true)
	end)
	nsp.on_ack("one", function(socket, tag, ...)
		nsp.to("watchers"):emit("one", tag, ...)
	end, function(socket, tag)
		nsp.to("watchers"):emit("late", tag)
	end)
	nsp.on("ask", function(socket, tag, ms, ...)
		socket:timeout(ms):emit_with_ack("one", tag, "question", ...)
	end)
	nsp.on_acks("many", function(tag, answers, missing)
		local said = io.array {}
		for i, answer in ipairs(answers) do said[i] = answer.args[1] end
		nsp.to("watchers"):emit("many", tag, #missing > 0, said)
	end)
	nsp.on("ask many", function(socket, tag, ms, rooms, except, ...)
		local target = nsp.timeout(ms)
		if #rooms > 0 then target = target:to(rooms) end
		target:except(except):emit_with_ack("many", tag, "question", ...)
	end)
	-- Answers from a later event.
	nsp.on("later", function(socket, ack)
		socket.data.ref = ack:ref()
	end)
	nsp.on("now", function(socket, ...)
		io.ack(socket.data.ref)(...)
	end)
	-- The client's own queue: answered at the third attempt only.
	nsp.on("stubborn", function(socket, id, ack)
		if io.store.add("tries/" .. id) == 3 then ack(id) end
	end)
	nsp.on("echo", function(socket, ...)
		local args = table.pack(...)
		args[args.n](table.unpack(args, 1, args.n - 1))
	end)
end

install(io)
install(io.of("/other"))

-- Namespaces that come with their clients: handlers are the description's, targets the child's.
local rooms = io.of_pattern "/room%-%d+"
rooms.on("join", function(socket, room, ack)
	socket:join(room)
	ack(true)
end)
rooms.on_ack("one", function(socket, tag, answer)
	socket:emit("one", tag, answer, socket.nsp)
end, function(socket, tag)
	socket:emit("late", tag)
end)
rooms.on_acks("many", function(tag, answers, missing)
	io.of(tag.nsp).to("watchers"):emit("many", tag.n, #missing > 0, #answers)
end)
rooms.on_timer("ring", function(context)
	io.of(context).emit("rung", context)
end)
rooms.on("ask", function(socket, tag, ms)
	socket:timeout(ms):emit_with_ack("one", tag, "question")
end)
rooms.on("ask many", function(socket, n, ms, room)
	io.of(socket.nsp).to(room):timeout(ms):emit_with_ack("many", { n = n, nsp = socket.nsp }, "question")
end)
rooms.on("after", function(socket, seconds)
	io.of(socket.nsp).after(seconds, "ring", socket.nsp)
end)
