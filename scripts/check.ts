import { checks } from './checks.ts'

let failed = 0
for (const check of checks) {
  const ok = await check.run()
  console.log(`${check.name}: ${ok ? 'ok' : 'failed'}`)
  if (!ok) failed += 1
}
if (failed > 0) process.exitCode = 1
