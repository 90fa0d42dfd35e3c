// Who we are, and which messages are our own.
// person() is a secret of this browser's: the server gives a nickname that is in use to whoever has the secret of its
// holder, so that a lost connection that the server still believes in doesn't keep us out, nor does a second tab.
// Own messages: their ids are random and only we knew them beforehand. A nickname proves
// nothing, since anybody may take it once it is free. Kept by nickname, so that two tabs of one browser
// under two names stay two people; an entry a message, so that two tabs that write at once lose nothing.

import { browser } from "./storage.js";

const MOST = 400;
const inThisTab = new Set();

// newId makes the id of a message: 128 random bits. (crypto.randomUUID exists on https alone.)
export function newId() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

export function person() {
	const secret = browser.read("person", null) ?? newId();
	browser.write("person", secret);
	return secret;
}

const keyOf = (nickname, id) => `own.${nickname}.${id}`;

export function rememberOwn(nickname, id) {
	inThisTab.add(id); // also under another name, and where storage is forbidden
	browser.write(keyOf(nickname, id), Date.now());
}

export const isOwn = (nickname, id) => inThisTab.has(id) || browser.read(keyOf(nickname, id), null) !== null;

// onOwnElsewhere calls back when another tab has said something, which may become known after the message itself.
export const onOwnElsewhere = (call) => browser.onWritten("own.", call);

// forgetOldOwn keeps the newest of what this browser said.
export function forgetOldOwn() {
	const kept = browser.keys("own.").map((key) => ({ key, at: browser.read(key, 0) }));
	for (const { key } of kept.sort((a, b) => b.at - a.at).slice(MOST))
		browser.remove(key);
}
