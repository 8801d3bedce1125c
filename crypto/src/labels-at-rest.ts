/** Those of the one list (labels.ts) that a page needs before anything else: for opening what rests in its storage. */
export const labelsAtRest = {
  storagePlace: 'clique/1 storage place\0',
  vault: 'clique/1 vault\0',
} as const
