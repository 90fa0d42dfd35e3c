// The room that is shown stands in the address after #, so that a link leads to it.

export function roomInAddress() {
	try {
		return decodeURIComponent(location.hash.slice(1)).trim();
	} catch {
		return "";
	}
}

export function showInAddress(room) {
	const hash = room ? `#${encodeURIComponent(room)}` : "";
	if (location.hash !== hash)
		history.replaceState(null, "", location.pathname + location.search + hash);
}
