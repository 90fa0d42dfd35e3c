// What outlives a reload: this tab's session, and what the browser remembers of earlier ones.
// Storage may be forbidden or full; then a reload forgets, and nothing else happens.

function read(area, key, otherwise) {
	try {
		const text = window[area].getItem(`pollux.${key}`);
		return text === null ? otherwise : JSON.parse(text);
	} catch {
		return otherwise;
	}
}

function write(area, key, value) {
	try {
		window[area].setItem(`pollux.${key}`, JSON.stringify(value));
	} catch {
		// see above
	}
}

function remove(area, key) {
	try {
		window[area].removeItem(`pollux.${key}`);
	} catch {
		// see above
	}
}

function keys(area, prefix) {
	try {
		return Object.keys(window[area]).filter((key) => key.startsWith(`pollux.${prefix}`)).map((key) => key.slice("pollux.".length));
	} catch {
		return [];
	}
}

// Tells of entries that other tabs wrote.
function onWritten(prefix, call) {
	window.addEventListener("storage", ({ key }) => {
		if (key?.startsWith(`pollux.${prefix}`))
			call();
	});
}

export const tab = {
	read: (key, otherwise) => read("sessionStorage", key, otherwise),
	write: (key, value) => write("sessionStorage", key, value),
};

export const browser = {
	read: (key, otherwise) => read("localStorage", key, otherwise),
	write: (key, value) => write("localStorage", key, value),
	remove: (key) => remove("localStorage", key),
	keys: (prefix) => keys("localStorage", prefix),
	onWritten,
};
