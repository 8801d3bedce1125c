import { DatabaseSync } from 'node:sqlite'
import { Server } from '@hocuspocus/server'
import { encodeStateAsUpdate } from 'yjs'

/**
 * Hocuspocus as its SQLite extension makes it: a whole document is one row, written two seconds after a change. Written
 * with Node's own SQLite, as the extension's is machine code that is fetched from elsewhere. Arguments: file, port.
 */
const [file = '', port = '0'] = process.argv.slice(2)
const db = new DatabaseSync(file)
db.exec('CREATE TABLE documents (name TEXT PRIMARY KEY, data BLOB NOT NULL)')
const store = db.prepare('INSERT OR REPLACE INTO documents (name, data) VALUES (?, ?)')
const server = new Server({
  port: Number(port),
  address: '127.0.0.1',
  quiet: true,
  onStoreDocument: ({ documentName, document }) => {
    store.run(documentName, encodeStateAsUpdate(document))
    return Promise.resolve()
  },
})
await server.listen()
