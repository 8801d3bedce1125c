import manifest from '../package.json' with { type: 'json' }

/** Version of the server, for people; the protocol has its own. */
export const serverVersion: string = manifest.version
