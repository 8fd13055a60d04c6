/** Runs the benchmarks named on the command line, or all: `npm run bench [-- interp maps datapath verifier debug] [--json]`. */
const names = process.argv.slice(2).filter((a) => !a.startsWith('-'));
for (const name of names.length > 0 ? names : ['interp', 'maps', 'datapath', 'verifier', 'debug']) {
  if (!/^(interp|maps|datapath|verifier|debug)$/.test(name)) {
    console.error(`bench: there is no benchmark ${name}; there are interp, maps, datapath, verifier, debug`);
    process.exit(2);
  }
  await import(`./${name}.ts`);
}
