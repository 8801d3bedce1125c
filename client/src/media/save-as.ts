/** The browser reads what it saves in its own time, and does not say when it is done. */
const readMs = 60_000

/** Lets the browser save bytes under a name. */
export function saveAs(bytes: Blob, name: string): void {
  const url = URL.createObjectURL(bytes)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), readMs)
}
