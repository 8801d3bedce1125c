/** People and places still open, at most: twice the 150 people that a clique is made for. */
export const maxPlaces = 300
/** Devices that one member has at a time. */
export const maxDevices = 8
/** Devices of which each was added by the one before, at most; the root begins another line. */
export const maxLine = 64
/** Spaces in a clique that somebody is in, at most. */
export const maxSpaces = 256
/** Of these, at most, that one member created: so nobody takes the room of the others. */
export const maxOwnSpaces = 32
/** Devices that a removal names, at most. Side by side somebody may add more than are allowed; the rest goes unnamed. */
export const maxNamedDevices = 64
