/** Chooses the image to launch: the named one, or the region's newest Deep Learning AMI with PyTorch. */
import { type Filter, type Image, paginateDescribeImages } from '@aws-sdk/client-ec2'
import { RadixError } from '../../errors/radix-error.ts'
import type { AwsClients } from './aws-clients.ts'
import { awsCodeOf } from './ec2-errors.ts'
import { listAll } from './list-all.ts'
import type { Ec2Settings } from './settings.ts'

export interface MachineImage {
  imageId: string
  name: string
  architecture: string
  rootDeviceName: string
  rootVolumeGib: number
}

/** The current name pattern, then that of earlier years. The newest image of the first pattern with a match is used. */
const IMAGE_NAMES = ['Deep Learning OSS Nvidia Driver AMI GPU PyTorch*', 'Deep Learning AMI GPU PyTorch*']

/** Throws `AWS_IMAGE_UNUSABLE`, or AWS's error. */
export async function findImage(
  clients: AwsClients,
  settings: Pick<Ec2Settings, 'amiId'>,
  now: Date,
): Promise<MachineImage> {
  const imageId = settings.amiId
  const image = imageId ? await describeImage(clients, imageId) : await findByName(clients, now)
  const { region } = clients
  if (!image) {
    const reason = imageId ? 'there is no such image, or it is not shared with this account' : 'none was found'
    throw new RadixError('AWS_IMAGE_UNUSABLE', { ami_id: imageId ?? 'Deep Learning AMI', region, reason })
  }
  return toMachineImage(image, region)
}

async function describeImage(clients: AwsClients, imageId: string): Promise<Image | undefined> {
  try {
    return (await listImages(clients, { ImageIds: [imageId] }))[0]
  } catch (error) {
    if (awsCodeOf(error).startsWith('InvalidAMIID')) return undefined
    throw error
  }
}

/** AWS is asked each time: a fixed version of PyTorch or Ubuntu would be outdated next year. */
async function findByName(clients: AwsClients, now: Date): Promise<Image | undefined> {
  for (const name of IMAGE_NAMES) {
    const filters = [
      { Name: 'name', Values: [name] },
      { Name: 'architecture', Values: ['x86_64'] },
      { Name: 'state', Values: ['available'] },
    ]
    const newest = newestOf(await listImages(clients, { Owners: ['amazon'], Filters: filters }), now)
    if (newest) return newest
  }
  return undefined
}

/**
 * Ubuntu before Amazon Linux, because the bootstrap knows its packages; then the highest version of PyTorch, then of
 * Ubuntu, then the latest build. AWS keeps building images of older versions, so the date alone is not enough. A
 * deprecated image is used only if there is no other.
 */
export function newestOf(images: readonly Image[], now: Date): Image | undefined {
  const current = images.filter(
    ({ DeprecationTime }) => !DeprecationTime || Date.parse(DeprecationTime) >= now.getTime(),
  )
  const candidates = (current.length > 0 ? current : images).map((image) => ({ image, rank: rankOf(image) }))
  return candidates.sort((a, b) => compareRanks(a.rank, b.rank)).at(-1)?.image
}

interface Rank {
  isUbuntu: boolean
  major: number
  minor: number
  /** Of Ubuntu: `24` for 24.04. */
  year: number
  builtMs: number
}

function rankOf({ Name = '', CreationDate = '' }: Image): Rank {
  const [, major = 0, minor = 0] = /PyTorch (\d+)\.(\d+)/.exec(Name) ?? []
  const [, year] = /Ubuntu (\d+)\.\d+/.exec(Name) ?? []
  return {
    isUbuntu: year !== undefined,
    major: Number(major),
    minor: Number(minor),
    year: Number(year ?? 0),
    builtMs: Date.parse(CreationDate) || 0,
  }
}

function compareRanks(a: Rank, b: Rank): number {
  return (
    Number(a.isUbuntu) - Number(b.isUbuntu) ||
    a.major - b.major ||
    a.minor - b.minor ||
    a.year - b.year ||
    a.builtMs - b.builtMs
  )
}

function listImages(
  { ec2 }: AwsClients,
  request: { ImageIds: string[] } | { Owners: string[]; Filters: Filter[] },
): Promise<Image[]> {
  return listAll(paginateDescribeImages({ client: ec2 }, request), (page) => page.Images)
}

function toMachineImage(image: Image, region: string): MachineImage {
  const unusable = (reason: string) =>
    new RadixError('AWS_IMAGE_UNUSABLE', { ami_id: image.ImageId ?? 'unknown', region, reason })
  if (image.State && image.State !== 'available') throw unusable(`its state is ${image.State}`)
  if (image.Architecture && image.Architecture !== 'x86_64') throw unusable(`its architecture is ${image.Architecture}`)
  const rootDeviceName = image.RootDeviceName ?? '/dev/sda1'
  const root = image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === rootDeviceName)
  return {
    imageId: image.ImageId ?? '',
    name: image.Name ?? '',
    architecture: image.Architecture ?? 'x86_64',
    rootDeviceName,
    rootVolumeGib: root?.Ebs?.VolumeSize ?? 0,
  }
}
