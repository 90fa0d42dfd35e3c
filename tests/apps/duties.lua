-- Timers, server-side events and the store, for tests/integration/duties.test.mjs.
local io = require "pollux"
local cached = "nothing"

io.on("join", function(socket, room, ack)
	socket:join(room)
	ack(true)
end)
io.on("get", function(socket, key, ack) ack(io.store.get(key)) end)
io.on("set", function(socket, key, value, options, ack) ack(io.store.set(key, value, options)) end)
io.on("add", function(socket, key, n, ack) ack(io.store.add(key, n)) end)
io.on("delete", function(socket, key, ack) ack(io.store.delete(key)) end)
io.on("expire", function(socket, key, ms, ack) ack(io.store.expire(key, ms)) end)
io.on("list", function(socket, options, ack) ack(io.store.list(options)) end)
io.on("set and fail", function(socket, key)
	io.store.set(key, "undone")
	io.store.add(key .. "/count")
	error("on purpose")
end)

io.on_timer("ring", function(context)
	io.to(context.room):emit("ring", context.n, io.store.add("rings/" .. context.n))
end)
io.on("after", function(socket, seconds, context, ack) ack(io.after(seconds, "ring", context)) end)
io.on("cancel", function(socket, id, ack) ack(io.cancel(id)) end)

io.every(0.2, "beat", function()
	io.to("beats"):emit("beat", io.store.add("beats"))
end)

io.on_server_side("cache", function(value)
	cached = value
	io.store.add("heard/" .. tostring(value))
end)
io.on("cache", function(socket, value, ack)
	cached = value
	io.server_side_emit("cache", value)
	ack(true)
end)
io.on("cached", function(socket, ack) ack(cached) end)
