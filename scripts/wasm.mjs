// The tests that need neither processes nor compiled packages, on a Python that is not installed:
// CPython in WebAssembly, under Node. See docs/testing.md.
//
//   npm install --prefix build/wasm pyodide@314.0.7
//   pip install --target build/wasm/site --no-compile --only-binary :all: --platform any --abi none \
//       --implementation py --python-version 3.14 pytest hypothesis
//   node scripts/wasm.mjs build/wasm tests/rules tests/semantics ...
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const [folder, ...args] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, "node_modules/pyodide/pyodide.mjs")));
const python = await loadPyodide({ env: { HOME: "/tmp", PYTHONDONTWRITEBYTECODE: "1" } });
for (const [inside, outside] of [["/project", "."], ["/site", `${folder}/site`]]) {
  python.FS.mkdirTree(inside);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: resolve(outside) }, inside);
}
python.globals.set("arguments", python.toPy(args));
process.exitCode = python.runPython(`
import os, sys
os.chdir("/project")
sys.path[:0] = ["/project/src", "/site", "/project"]
import pytest
print(sys.version)
int(pytest.main(["-q", "-p", "no:cacheprovider", *arguments]))
`);
