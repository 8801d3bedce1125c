import { writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { makeRefusedFile } from '../../crypto/src/testing/refused/cases.ts'
import { makeRefusedCompactions } from '../../crypto/src/testing/refused/compactions.ts'

/** Writes the negative vectors anew; the `README.md` beside each says what is in them. */
const operations = await makeRefusedFile(1)
await save('crypto/vectors/roster/refused.json', operations)
console.log(`${operations.log.length} operations, ${operations.refused.length} refused ones`)
const compactions = await makeRefusedCompactions()
await save('crypto/vectors/records/refused.json', compactions)
console.log(`${compactions.refused.length} refused compactions`)

async function save(path: string, file: object): Promise<void> {
  const options = { ...(await resolveConfig(path)), filepath: path }
  writeFileSync(path, await format(JSON.stringify(file), options))
}
