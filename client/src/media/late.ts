/**
 * All of this layer that screens use, as one part that is fetched after the first paint: several small ones would be
 * more to ask for, and the first paint would have to know the names of them all.
 */
export { default as AttachButton } from './AttachButton.svelte'
export { takeDrops } from './drops.ts'
export { default as MessageFiles } from './MessageFiles.svelte'
export { Shelf } from './shelf.svelte.ts'
export { Tray } from './tray.svelte.ts'
export { default as TrayList } from './TrayList.svelte'
