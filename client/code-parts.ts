/**
 * The files that the app's code is fetched in. Left to itself the bundler makes eighty, as every module that two of them
 * need becomes a file: slower to ask for, and 20 KiB more after gzip, which finds repetitions within a file only.
 *
 * Each part has what its modules import, but for what an earlier part has, so a part rests on earlier ones alone.
 */
const parts = [
  // Looks whether the app can run at all.
  { name: 'main', modules: ['app/main.ts'] },
  // The newest messages, as they were last on screen.
  { name: 'start', modules: ['app/start.ts', 'app/prepare.ts'] },
  // What somebody sees who is in no clique yet. It must not wait for what comes after.
  {
    name: 'doors',
    modules: [
      'app/StartPage.svelte',
      'app/NewPage.svelte',
      'app/JoinPage.svelte',
      'security/create-flow.svelte.ts',
      'security/join-flow.svelte.ts',
    ],
  },
  // What a relay says of itself over HTTP, as the doors show it.
  { name: 'about', modules: ['network/about.ts'] },
  // All other screens, and files.
  {
    name: 'screens',
    modules: [
      'app/HomePage.svelte',
      'app/ConnectionDetails.svelte',
      'app/Everywhere.svelte',
      'app/start-chunk-writer.ts',
      'app/PeoplePage.svelte',
      'app/ConversationPages.svelte',
      'security/InvitePeople.svelte',
      'messaging/late-live.ts',
      'media/late.ts',
      'media/TakePhoto.svelte',
      'media/Viewer.svelte',
    ],
  },
  // Yjs and the security layer.
  {
    name: 'session',
    modules: [
      'app/open-session.ts',
      'messaging/opened.ts',
      'messaging/spaces.svelte.ts',
      'security/membership.svelte.ts',
      'security/membership-views.ts',
      'security/invitations.svelte.ts',
      'security/invitation-acts.ts',
      'security/new-kit.ts',
      'security/create-clique.ts',
      'security/join-clique.ts',
    ],
  },
  // libp2p and what goes over it.
  {
    name: 'engine',
    modules: ['app/start-engine.ts', 'sync/light-relay.ts', 'network/node.ts', 'live/room.ts'],
  },
]

/** As `output.codeSplitting.groups` has them: a higher priority takes its modules first. */
export const codeParts = parts.map(({ name, modules }, place) => ({
  name,
  test: (id: string) => modules.some((module) => id.endsWith(`/client/src/${module}`)),
  priority: parts.length - place,
}))
