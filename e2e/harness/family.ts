import type { Person } from './person.ts'
import type { ProfileOptions } from './profile.ts'

export type PersonMaker = (name: string, options?: ProfileOptions) => Promise<Person>

/** To see what a long name does to a page. */
export const longNames = { carla: 'Carla Maximiliane Wolfeschlegelsteinhausen' } as const

/** Three people in a clique called Family: Anna founded it, and the others came by one link, which lets in three more. */
export async function family(
  person: PersonMaker,
  names: { readonly carla: string } = { carla: 'Carla' },
): Promise<{ anna: Person; ben: Person; carla: Person; link: string }> {
  const anna = await person('Anna')
  await anna.creates('Family')
  await anna.seesConnection('Connected')
  const link = await anna.invites({ people: '5 people' })
  const [ben, carla] = [await person('Ben'), await person(names.carla)]
  for (const somebody of [ben, carla]) {
    await somebody.opens(link)
    await somebody.joins('Family')
  }
  return { anna, ben, carla, link }
}
