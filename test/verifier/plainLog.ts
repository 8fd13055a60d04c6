/** A log as lines, with kernel addresses made equal. */
export function plainLog(log: string): string[] {
  return log
    .replace(/= 0xffff[0-9a-f]{8,12}$/gm, '= 0xADDR')
    .replace(/= 0xffff[0-9a-f]{8,12}(?= +;)/gm, '= 0xADDR')
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}
