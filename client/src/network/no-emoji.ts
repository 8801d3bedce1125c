/**
 * In the built app this stands in for the spelling of bytes in 256 emoji (`multiformats/bases/base256emoji`), a table that no
 * packer makes smaller: no address of Clique is spelled so, and whoever spells one so is not understood.
 */
export {}
