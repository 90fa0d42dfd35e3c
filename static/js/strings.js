// Every word the page shows. Not here: the page before its scripts run (title, noscript) and 404.html.

export const language = "en";

export const strings = {
	product: "Pollux",
	title: "Pollux chat",
	entryTitle: "Join the conversation",
	nickname: "Nickname",
	room: "Room",
	firstRoom: "lobby",
	enter: "Enter",
	rooms: "Rooms",
	yourRooms: "Your rooms",
	otherRooms: "Other rooms",
	joinOrMake: "Join or make a room",
	join: "Join",
	rename: "Change name",
	whoIsHere: "Here now",
	messages: "Messages",
	message: "Message",
	messageHint: "Write a message",
	send: "Send",
	toNewest: "New messages ↓",
	tryAgain: "Try again",
	discard: "Discard",
	connectAgain: "Connect again",
	you: "you",
	noRoom: "Join a room to begin.",
	noMessages: "Nothing has been said here yet.",
	loading: "Fetching what was said…",
	gap: "Some messages in between are not shown.",
	today: "Today",
	yesterday: "Yesterday",
	sending: "sending…",

	youAre: (nickname) => `You are ${nickname}`,
	leave: (room) => `Leave ${room}`,
	leaveUnsent: (room) => `Some messages in ${room} have not been sent. Leave and drop them?`,
	unread: (n) => `${n} unread`,
	hereCount: (n) => `${n} here`,
	joined: (nickname) => `${nickname} joined`,
	left: (nickname) => `${nickname} left`,
	notSent: (reason) => `not sent: ${reason}`,
	announced: (from, text) => `${from}: ${text}`,
	tooLong: (n, most) => `${n} of ${most} characters`,

	roomState: {
		away: "Not connected. What you write is sent once the connection is back.",
		joining: "Joining…",
		waiting: (nickname) => `The name ${nickname} is still in use here. Trying again…`,
		refused: (reason) => `Could not join: ${reason}`,
	},
	state: {
		loading: "Loading",
		connecting: "Connecting",
		connected: "Connected",
		reconnecting: "Reconnecting",
		refused: (reason) => `Refused: ${reason}`,
		closed: "Disconnected by the server",
	},
	transport: { polling: "long-polling", websocket: "WebSocket", webtransport: "WebTransport" },

	// What the server says in an ack's error, or the page itself, by the server's words.
	errors: {
		"nickname taken": "this nickname is taken",
		"nickname empty": "please choose a nickname",
		"nickname too long": "a nickname has at most 32 characters",
		"room empty": "please name a room",
		"room too long": "a room's name has at most 64 characters",
		"control characters": "control characters are not allowed",
	},
};

// explain turns an error of the server into words of the page, as they are where it has none.
export function explain(error) {
	return strings.errors[error] ?? String(error ?? "");
}
