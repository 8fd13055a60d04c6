/** The JSON Schema of scenario files, from the tables that their reader goes by. */
import { fileSchema } from '../../net/file/schema.ts';
import { scenario } from './steps.ts';

/** docs/scenario.schema.json */
export function scenarioSchema(): Readonly<Record<string, unknown>> {
  return fileSchema({ ...scenario.tables![0]!, title: 'bpflab scenario' });
}
