import { checkRules } from './rules/check.ts'
import { readRules, readTraps } from './rules/documents.ts'
import { root } from './run.ts'

/** `node scripts/rules.ts`: whether every rule has its test, every test its rule, and every trap its test. */
const problems = checkRules(root)
for (const { file, line, message } of problems) console.error(`${file}:${line}: ${message}`)
if (problems.length > 0) process.exitCode = 1
else console.log(`${readRules(root).length} rules and ${readTraps(root).length} traps have their tests`)
