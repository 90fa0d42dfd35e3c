-- Live rooms: any number of rooms in each of three namespaces, side by side. Who has a token may speak, others watch. Messages are kept.
--   client → server   join(room, ack)   leave(room)   msg(room, text)
--   server → client   msg{ room, text, from, at }; a notice has no from
-- A bare WebSocket at /rooms/ROOM?token=… is in the room too; it sends and gets text.
local io = require "pollux"

-- A room may be watched from pages of any site.
io.set { cors = { origin = "*" } }

local NAMES = { ["token-of-ann"] = "Ann", ["token-of-bob"] = "Bob" }
local HISTORY = 50

local function admit(socket)
	local token = socket.handshake.query.token
	if token and not NAMES[token] then return nil, "unknown token" end
	socket.data.name = token and NAMES[token]
end

local function is_text(value, max)
	return type(value) == "string" and value:find "%S" and #value <= max
end

-- Bare WebSockets in the room have this one as well: events other than message pass them by.
local function bare(room)
	return "bare " .. room
end

-- To everybody in the room, the one who says it included.
local function say(nsp, socket, room, text)
	local from = socket.data.name
	if not from then return socket:emit("msg", { room = room, text = "Who has no token watches." }) end
	nsp.to(room):emit("msg", { room = room, text = text, from = from, at = io.now() })
	nsp.to(bare(room)).volatile:emit("message", from .. ": " .. text)
end

-- What was said; notices to others are in the room's history as well.
local function earlier(nsp, room)
	local messages = io.array {}
	for _, row in ipairs(nsp.history(room, { limit = HISTORY })) do
		local message = row.args[1]
		if message.from then messages[#messages + 1] = message end
	end
	return messages
end

local function enter(nsp, socket, room, ack)
	if not is_text(room, 64) then return end
	socket:join(room)
	-- to the room without oneself; to oneself alone
	socket.broadcast:to(room):emit("msg", { room = room, text = (socket.data.name or "A guest") .. " is here." })
	socket:emit("msg", { room = room, text = "You are in " .. room .. "." })
	if ack then ack(earlier(nsp, room)) end
end

local function open(nsp)
	nsp.use(admit)
	nsp.on("join", function(socket, room, ack) enter(nsp, socket, room, ack) end)
	nsp.on("leave", function(socket, room)
		if is_text(room, 64) then socket:leave(room) end
	end)
	nsp.on("msg", function(socket, room, text)
		if is_text(room, 64) and is_text(text, 2000) then say(nsp, socket, room, text) end
	end)
end

open(io)
open(io.of "/sport")
open(io.of "/music")

io.on("connection", function(socket)
	local room = socket.handshake.room
	if room then socket:join(bare(room)) end
end)

io.on("message", function(socket, text)
	local room = socket.handshake.room
	if is_text(room, 64) and is_text(text, 2000) then say(io, socket, room, text) end
end)
