import { writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { makeRefusedFile } from '../../crypto/src/testing/refused/cases.ts'

/** Writes the negative vectors of the roster anew; `crypto/vectors/roster/README.md` says what is in them. */
const path = 'crypto/vectors/roster/refused.json'
const file = await makeRefusedFile(1)
writeFileSync(path, await format(JSON.stringify(file), { ...(await resolveConfig(path)), filepath: path }))
console.log(`${file.log.length} operations, ${file.refused.length} refused ones`)
