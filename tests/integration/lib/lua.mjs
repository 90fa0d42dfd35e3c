// Settings: under their Lua names in the tests, as Lua text for ours, as socket.io's options for the reference.

const luaString = (text) => `"${text.replace(/["\\\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`;

function luaValue(value) {
	if (typeof value === 'string') return luaString(value);
	if (Array.isArray(value)) return `{ ${value.map(luaValue).join(', ')} }`;
	if (typeof value === 'object') return `{ ${Object.entries(value).map(([k, v]) => `[${luaString(k)}] = ${luaValue(v)}`).join(', ')} }`;
	return String(value);
}

export const settingsAsLua = (settings) => `\nrequire("pollux").set ${luaValue(settings)}\n`;

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

// Names inside as well: cors.max_age, cookie.same_site.
export const settingsAsOptions = (settings) => Object.fromEntries(Object.entries(settings).map(([name, value]) =>
	[camel(name), value && typeof value === 'object' && !Array.isArray(value) ? settingsAsOptions(value) : value]));
