-- The server's API beyond rooms.lua, for tests/integration/sockets.test.mjs; tests/integration/reference/sockets.mjs is the same for npm
-- socket.io.
local io = require "pollux"

local function ids(sockets)
	local found = io.array {}
	for i, socket in ipairs(sockets) do found[i] = socket.id end
	return found
end

local function target(nsp, rooms, except)
	local to = nsp.local_
	if #rooms > 0 then to = nsp.in_(rooms) end
	if #except > 0 then to = to:except(except) end
	return to
end

local ways = {
	["in"] = function(nsp) return nsp.in_ "r" end,
	["in and in"] = function(nsp) return nsp.in_("r"):in_ "q" end,
	["socket in"] = function(_, socket) return socket:in_ "r" end,
	["volatile"] = function(nsp) return nsp.volatile end,
	["volatile to"] = function(nsp) return nsp.to("r").volatile end,
	["socket volatile"] = function(_, socket) return socket.volatile end,
	["broadcast volatile"] = function(_, socket) return socket.broadcast.volatile end,
	["volatile broadcast"] = function(_, socket) return socket.volatile.broadcast end,
	["socket volatile to"] = function(_, socket) return socket.volatile:to "r" end,
	["compress"] = function(nsp) return nsp.compress(true):to "r" end,
	["socket compress"] = function(_, socket) return socket:compress(false) end,
	["local"] = function(nsp) return nsp.local_ end,
	["socket local"] = function(_, socket) return socket.local_ end,
	["broadcast to"] = function(_, socket) return socket.broadcast:to "r" end,
	["broadcast except"] = function(_, socket) return socket.broadcast:except "r" end,
	["except"] = function(nsp) return nsp.except "r" end,
	["no room"] = function(nsp) return nsp.in_ {} end,
	["socket no room"] = function(_, socket) return socket:to(socket.rooms) end,
	["socket except"] = function(_, socket) return socket:except "r" end,
}

local function install(nsp)
	nsp.on("join", function(socket, rooms, ack)
		socket:join(rooms)
		ack(true)
	end)
	nsp.on("leave", function(socket, room, ack)
		socket:leave(room)
		ack(true)
	end)
	nsp.on("say", function(socket, how, ...)
		ways[how](nsp, socket):emit("said", ...)
	end)
	nsp.on("send", function(socket, what)
		socket:send(what, 1)
		socket:write(what, 2)
		nsp.send(what, 3)
		nsp.write(what, 4)
	end)
	nsp.on("mark", function(socket) socket:emit "mark" end)
	nsp.on("self", function(socket, ack)
		local shake = socket.handshake
		ack {
			nsp = socket.nsp, transport = socket.transport, connected = socket.connected, disconnected = socket.disconnected,
			auth = shake.auth, query = shake.query, secure = shake.secure, issued = shake.issued, url = shake.url,
			time = shake.time, address = shake.address, host = shake.headers.host,
		}
	end)
	nsp.on("disconnecting", function(socket, reason)
		local rooms = {}
		for _, room in ipairs(socket.rooms) do if room ~= socket.id then rooms[#rooms + 1] = room end end
		nsp.to("watchers"):emit("leaving", socket.id, reason, io.array(rooms))
	end)
	nsp.on("disconnect", function(socket, reason)
		nsp.to("watchers"):emit("left", socket.id, reason)
	end)

	-- Sockets from anywhere.
	nsp.on("fetch", function(_, rooms, except, ack)
		ack(ids(target(nsp, rooms, except):fetch_sockets()))
	end)
	nsp.on("fetch all", function(_, ack)
		ack(ids(nsp.fetch_sockets()))
	end)
	nsp.on("look at", function(_, id, ack)
		local other = nsp.in_(id):fetch_sockets()[1]
		ack { id = other.id, data = other.data, token = other.handshake.auth.token, transport = other.transport, rooms = #other.rooms }
	end)
	nsp.on("remember", function(socket, data, ack)
		socket.data.it = data
		ack(true)
	end)
	nsp.on("use", function(_, id, method, what, ack)
		local other = nsp.in_(id):fetch_sockets()[1]
		if method == "emit" then other:emit("said", what)
		elseif method == "join" then other:join(what)
		elseif method == "leave" then other:leave(what)
		else other:disconnect(what) end
		ack(true)
	end)
	nsp.on("sockets join", function(_, rooms, except, joined, ack)
		target(nsp, rooms, except):sockets_join(joined)
		ack(true)
	end)
	nsp.on("sockets leave", function(_, rooms, except, left, ack)
		target(nsp, rooms, except):sockets_leave(left)
		ack(true)
	end)
	nsp.on("disconnect sockets", function(_, rooms, except, close)
		target(nsp, rooms, except):disconnect_sockets(close)
	end)
	nsp.on("join all and fail", function()
		nsp.sockets_join "failed"
		error "on purpose"
	end)
end

install(io)
install(io.of "/other")

-- Any event, in and out; packets that are refused.
local spy = io.of "/spy"
spy.on_any(function(socket, name, ...) socket.data.seen = (socket.data.seen or "") .. name .. select("#", ...) .. " " end)
spy.prepend_any(function(socket, name) if name ~= "tell" then socket.data.seen = (socket.data.seen or "") .. "<" end end)
spy.on_any_outgoing(function(to, name, ...)
	if not to.id then return end
	local socket = spy.in_(to.id):fetch_sockets()[1]
	socket.data.sent = (socket.data.sent or "") .. name .. select("#", ...) .. " "
end)
spy.use_packet(function(socket, name, ...)
	if name == "forbidden" then return nil, "not allowed", { code = (...) } end
end)
spy.use_packet(function(socket, name) socket.data.passed = (socket.data.passed or "") .. name .. " " end)
spy.on("hello", function(socket, ...)
	socket:emit("hi", 1, 2)
	local ack = select(select("#", ...), ...)
	ack(true)
end)
spy.on("forbidden", function(socket) socket:emit "never" end)
spy.on("error", function(socket, err) socket:emit("refused", err.message, err.data) end)
spy.on("tell", function(socket, ack)
	ack { seen = socket.data.seen, sent = socket.data.sent, passed = socket.data.passed }
end)

-- Rooms told of.
local hall = io.of "/hall"
for _, name in ipairs { "create-room", "join-room", "leave-room", "delete-room" } do
	hall.on_room(name, function(room, id)
		if room == "watchers" then return end
		if id then hall.to("watchers"):emit("room", name, room, id) else hall.to("watchers"):emit("room", name, room) end
	end)
end
install(hall)

-- Dynamic namespaces.
local tenants = io.of_pattern "/tenant%-%d+"
tenants.use(function(socket)
	if socket.handshake.auth.refuse then return nil, "refused", { nsp = socket.nsp } end
	socket.data.nsp = socket.nsp
end)
tenants.on("connection", function(socket) socket:emit("welcome", socket.nsp, socket.data.nsp) end)
tenants.on("everybody here", function(socket, what) io.of(socket.nsp).emit("said", what) end)
tenants.on("everybody", function(_, what) tenants.emit("said", what) end)
tenants.on("others", function(socket, what) socket.broadcast:emit("said", what) end)
tenants.on("in a room", function(socket, room, what)
	socket:join(room)
	tenants.to(room):emit("said", what)
end)
io.on("to tenant", function(_, name, what, ack)
	io.of(name).emit("said", what)
	ack(true)
end)

local function odd(name, auth) return auth.token == "odd" and name:find "^/odd" ~= nil end
io.of(odd).on("connection", function(socket) socket:emit("welcome", socket.nsp) end)
