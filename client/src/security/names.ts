import { isBlank } from '@clique/crypto'
import { AppError } from '../words/errors.ts'
import { maxNameLength } from './create-view.ts'

/** @throws AppError `name-invalid` */
export function checkName(name: string): void {
  const trimmed = name.trim()
  if (isBlank(trimmed) || trimmed.length > maxNameLength) throw new AppError('name-invalid')
}
