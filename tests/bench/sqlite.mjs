// better-sqlite3 for the reference that stores each message. Its package brings ready-made programs from elsewhere than npm's registry, so it
// is compiled here, which takes a minute, a C++ compiler, Python and node's headers: for `make bench` alone, in the build directory.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, here } from "./servers.mjs";

const directory = join(build, "tests/bench/sqlite");
const home = join(directory, "node_modules/better-sqlite3");
// What was built for another node does not load in this one.
const binding = join(home, "build/Release/better_sqlite3.node");
const stamp = join(home, `built-for-${process.versions.modules}`);

// The folder whose node_modules has it, or undefined.
export function modules() {
	return existsSync(binding) && existsSync(stamp) ? directory : undefined;
}

// Where node.h lies: beside this node, or where Debian's libnode-dev puts it.
function headers() {
	const prefix = [dirname(dirname(process.execPath)), "/usr"].find((p) => existsSync(join(p, "include/node/node.h")));
	if (!prefix) throw new Error("node's headers are missing (Debian: libnode-dev)");
	return prefix;
}

export function install() {
	mkdirSync(directory, { recursive: true });
	for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(here, "sqlite", name), join(directory, name));
	const env = { ...process.env, npm_config_nodedir: headers() };
	const run = (cwd, ...args) => execFileSync("npm", args, { cwd, stdio: ["ignore", "pipe", "pipe"], env });
	run(directory, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
	run(home, "run", "build-release");
	writeFileSync(stamp, "");
}
