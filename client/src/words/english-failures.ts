/** What went wrong, that nothing is lost, and what to do. `failures.ts` says which code gets which sentence. */
export const failures = {
  linkMissing: 'Paste the link here first.',
  linkBroken:
    'This link is incomplete or has a mistake in it, perhaps cut off when it was sent. Copy the whole link again, or ask for a new one.',
  linkNotInvitation:
    'This is not a Clique invitation. An invitation is a long link that somebody in a clique made for you.',
  inviteUsed:
    'This invitation has been used up by as many people as it was made for. Ask the person who sent it for a new one.',
  inviteExpired: 'This invitation has run out. Ask the person who sent it for a new one.',
  inviteRevoked: 'This invitation has been taken back. If that surprises you, ask the person who sent it.',
  cliqueFull:
    'There is no room for so many more people in this clique. Invite fewer, or take back invitations that are still open.',
  tooManySpaces:
    'There is no room for another conversation. Use one that there is, or ask somebody else in the clique to make it.',
  wrongClique:
    'This invitation names one clique and opens another. Do not use it; ask the person who sent it for a new one.',
  alreadyMember: 'This device already belongs to this clique. There is nothing more to join.',
  relayUnreachable:
    'The relay does not answer. Perhaps it is switched off, or this device has no network. Nothing is lost; try again in a while.',
  relayWrong:
    'Something answers at the relay’s address, but it is not the relay that this clique knows. Nothing was sent to it. Ask the person who runs the relay.',
  relayForked:
    'The relay contradicts what it signed before: it lost or changed part of its log, as after an old backup, or shows different people different things. Nobody could read or change what you wrote, but some of it may have to be sent again. Ask the person who runs the relay.',
  relayRefused:
    'The relay did not accept this. Nothing is lost. Try again, or ask the person who runs the relay.',
  relayFull:
    'The relay has no room for more at the moment. What you wrote is safe on this device and goes out later.',
  relayVersion:
    'The relay and this app are of different versions and do not understand each other. Reload the app; if that does not help, the relay needs an update.',
  permissionUsed:
    'This link has been used already. Each one works once: ask the person who runs the relay for a new one.',
  permissionBroken: 'This is not a link that a relay made, or it is incomplete. Copy the whole link again.',
  storageFull:
    'This device has no room left for Clique, so the last step was not kept. Free some space and try again; all that was here before is safe.',
  storageFailed:
    'This browser refuses to keep data for this page, as some do in private windows. Use a normal window or another browser.',
  storageNewer: 'Another window runs a newer Clique. Close the other windows of Clique and reload this one.',
  namesUsedUp:
    'You have renamed the conversation as often as one person can. Somebody else can still rename it.',
  messageTooLong: 'This message is too long. It is still here: shorten it or send it in parts.',
  textEmpty: 'There is nothing to send yet.',
  nameInvalid: 'Names have between 1 and 64 characters.',
  notAllowed: 'Your role in this clique does not allow this. Nothing was changed.',
  membershipEnded:
    'This device is not in the clique any more, so nothing can be sent or changed. All that is here can still be read.',
  changedMeanwhile: 'Somebody has changed this in the meantime. Nothing was done; look at it once more.',
  noKey:
    'This device is still waiting for the current key of the clique. Try again when somebody else has been online.',
  phraseWordCount: 'A recovery kit has 24 words. Count them once more.',
  phraseWordUnknown: 'One of these words is not on the list. Look for a slip of the pen.',
  phraseChecksum: 'These words do not belong together in this order. Compare them with your paper.',
  tooLarge: 'This is larger than a clique passes on. Nothing is lost; make it smaller and try again.',
  clockOff: 'The clock of this device is wrong. Set it right, then try again.',
  damaged:
    'Something that arrived or was kept here is damaged or was forged, and has been left out. Everything else is safe.',
  vaultClosed:
    'This browser cannot open what is kept here, because the key to it is gone. A new invitation lets you in again from another browser.',
  versionUnknown: 'This was made by a newer Clique. Reload the app to get the new version.',
  inviteNotThere:
    'The relay does not have this invitation any more. It may have been taken back or have run out. Ask the person who sent it for a new one.',
  inviteDamaged:
    'What the relay keeps for this link does not fit the link. Ask the person who sent it for a new one.',
  inviteUntrue:
    'This invitation says something else than the clique does. Ask somebody you trust there for a new one.',
  notRelay:
    'What answers at this address is not a relay that Clique understands. Check the address, or ask the person who runs it.',
  relayBusy: 'The relay is being asked for too much at once. Nothing is lost; the app tries again by itself.',
  permissionUnknown: 'The relay does not know this link. Copy the whole link again, or ask for a new one.',
  peerUnreachable: 'The other device does not answer. It gets everything when it is back.',
  cliqueUnknown: 'This clique is not on this device. Open an invitation to it to see it here.',
  ownBehind:
    'What you wrote here before you deleted it has not come back from the others yet. You can write once it has.',
  ownCopy:
    'What this browser keeps was brought back from an older copy, so it can read here but not write any more. Ask for a new invitation and join again.',
  fileEmpty: 'This file is empty, so there is nothing to send.',
  fileTooLarge:
    'This file is larger than about 260 MB, more than a clique passes on. Make it smaller or send it in parts.',
  fileUnreadable:
    'This file could not be read to its end. Perhaps it was changed or moved meanwhile. Choose it again.',
  fileNotHere:
    'Parts of this file are not on this device yet. They come when somebody who has them is online.',
  filesTooMany: 'A message carries up to 20 files. The others were left out; send them in a second message.',
  pictureTooLarge:
    'This picture has more pixels than this device can make smaller. You can send it as a file, as it is.',
  pictureDamaged:
    'This picture is damaged or incomplete and does not open. You can send it as a file, as it is.',
  internal:
    'Something went wrong in the app itself. Nothing you kept is lost. Reload the page and try again.',
}

/** The shape of every language's failures. */
export type Failures = { readonly [Key in keyof typeof failures]: string }
