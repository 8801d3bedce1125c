import { bundlePage } from '../../../../../scripts/bench/bench-page.ts'
import type { CrashScripts } from './crash-scripts.ts'
import { stopPoints } from './stop-points.node.ts'

const here = 'client/src/app/testing/crash'

export async function buildCrashScripts(): Promise<CrashScripts> {
  const build = (name: string): Promise<string> => bundlePage(`${here}/${name}`, [stopPoints()])
  const [worker, writer] = await Promise.all([build('crash-worker.ts'), build('crash-writer.ts')])
  return { worker, writer }
}
