/** Runs the benchmarks named on the command line, or all: `npm run bench [-- interp maps datapath verifier] [--json]`. */
const names = process.argv.slice(2).filter((a) => !a.startsWith('-'));
for (const name of names.length > 0 ? names : ['interp', 'maps', 'datapath', 'verifier']) {
  if (!/^(interp|maps|datapath|verifier)$/.test(name)) {
    console.error(`bench: there is no benchmark ${name}; there are interp, maps, datapath, verifier`);
    process.exit(2);
  }
  await import(`./${name}.ts`);
}
