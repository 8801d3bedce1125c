/** Folder of a profile's files in the browser's own file system (OPFS). */
export function packFolder(database: string): string {
  return `${database}-chunks`
}
