/** What the page and the worker that writes files say to each other. */
export interface ToWriter {
  readonly request: number
  readonly folder: string
  readonly name: string
  readonly parts: readonly Uint8Array[]
}

/** `fault`: null when it is on the disk. `unfit`: this browser does not write files as is needed here. */
export interface FromWriter {
  readonly request: number
  readonly fault: 'storage-full' | 'storage-failed' | 'unfit' | null
}
