import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkTree } from './ranks/check.ts'

const root = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)))
const problems = checkTree(root)
for (const { file, line, message } of problems) console.log(`${file}:${line}: ${message}`)
if (problems.length > 0) process.exitCode = 1
