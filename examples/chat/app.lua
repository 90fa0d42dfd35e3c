-- A chat with the finished list of features of Socket.IO's tutorial: everybody hears everybody, nicknames, who comes and goes, who is
-- here, who is typing, private messages, and history. Every message is stored and published once, however often its client sends it.
-- Whose connection breaks is back as if nothing had been (connection state recovery), and otherwise gets the history that it has not seen.
--   client → server   auth { nickname, after }   chat message(id, text, ack)   private message(id, text, to, ack)   online(ack)   typing()
--   server → client   chat message{ id, from, text, at }   private message{ id, from, to, text, at }   connected(nickname)   left(nickname)
--                     typing(nickname); each with its position behind it
local io = require "pollux"

io.set { connection_state_recovery = {} }

local CHAT, HISTORY, ONLINE = "chat", 200, 200

local function is_text(value, max)
	return type(value) == "string" and value:find "%S" and #value <= max
end

-- The room of all sockets that have the nickname: somebody may have several pages open.
local function seat(nickname)
	return "person " .. nickname
end

local function has_other_page(socket)
	for _, other in ipairs(io.in_(seat(socket.data.nickname)):fetch_sockets { limit = 2 }) do
		if other.id ~= socket.id then return true end
	end
end

io.use(function(socket)
	local nickname = socket.handshake.auth.nickname
	if not is_text(nickname, 64) then return nil, "a nickname has 1 to 64 bytes" end
	socket.data.nickname = nickname
end)

-- What the client has not seen yet, if it says up to where it has; the newest if it does not, or if that is no position in this log.
local function send_history(socket)
	local sound, rows = pcall(io.history, CHAT, { after = socket.handshake.auth.after, limit = HISTORY })
	for _, row in ipairs(sound and rows or io.history(CHAT, { limit = HISTORY })) do socket:emit("chat message", row.args[1], row.position) end
end

io.on("connection", function(socket)
	if not has_other_page(socket) then socket.broadcast:emit("connected", socket.data.nickname) end
	if socket.recovered then return end
	socket:join { CHAT, seat(socket.data.nickname) }
	send_history(socket)
end)

io.on("disconnect", function(socket)
	if not has_other_page(socket) then io.emit("left", socket.data.nickname) end
end)

-- A client sends again what was not acknowledged in time. It has its own id for each message, and what was published stays published.
local function publish(socket, target, event, id, message, ack)
	if not is_text(id, 64) or not is_text(message.text, 4000) then return ack { ok = false, error = "a message has an id and 1 to 4000 bytes" } end
	message.id, message.from, message.at = id, socket.data.nickname, io.now()
	target:once(message.from .. "/" .. id):emit(event, message)
	ack { ok = true }
end

io.on("chat message", function(socket, id, text, ack)
	if ack then publish(socket, io.to(CHAT), "chat message", id, { text = text }, ack) end
end)

io.on("private message", function(socket, id, text, to, ack)
	if not ack then return end
	if not is_text(to, 64) or #io.in_(seat(to)):fetch_sockets { limit = 1 } == 0 then return ack { ok = false, error = "nobody of that name is here" } end
	publish(socket, io.to { seat(to), seat(socket.data.nickname) }, "private message", id, { text = text, to = to }, ack)
end)

io.on("online", function(_, ack)
	local names, listed = io.array {}, {}
	for _, socket in ipairs(io.in_(CHAT):fetch_sockets { limit = ONLINE }) do
		local nickname = socket.data.nickname
		if not listed[nickname] then names[#names + 1], listed[nickname] = nickname, true end
	end
	if ack then ack(names) end
end)

io.on("typing", function(socket)
	socket.broadcast.volatile:emit("typing", socket.data.nickname)
end)
