/** Takes files that are dropped onto an element. `onover` says whether some are above it. Returns what ends it. */
export function takeDrops(
  target: HTMLElement,
  ondrop: (files: File[]) => void,
  onover: (isOver: boolean) => void,
): () => void {
  const stop = new AbortController()
  const { signal } = stop
  // Each element inside tells of a coming and a leaving of its own.
  let depth = 0
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
  const set = (value: number) => {
    depth = Math.max(0, value)
    onover(depth > 0)
  }
  target.addEventListener('dragenter', (event) => hasFiles(event) && set(depth + 1), { signal })
  target.addEventListener('dragleave', (event) => hasFiles(event) && set(depth - 1), { signal })
  target.addEventListener(
    'dragover',
    (event) => {
      // Without this the browser would open the file in place of the app.
      if (hasFiles(event)) event.preventDefault()
    },
    { signal },
  )
  target.addEventListener(
    'drop',
    (event) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      set(0)
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length > 0) ondrop(files)
    },
    { signal },
  )
  return () => stop.abort()
}
