/** The image to launch: the one that was named, else the newest Deep Learning AMI with PyTorch of the region. */
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

/** The present name, then that of earlier years. The newest image of the first that the region has is taken. */
const IMAGE_NAMES = ['Deep Learning OSS Nvidia Driver AMI GPU PyTorch*', 'Deep Learning AMI GPU PyTorch*']

/** Throws `AWS_IMAGE_UNUSABLE`, or what AWS threw. */
export async function findImage(clients: AwsClients, settings: Pick<Ec2Settings, 'amiId'>): Promise<MachineImage> {
  const imageId = settings.amiId
  const image = imageId ? await describeImage(clients, imageId) : await findByName(clients)
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

/** AWS is asked each time: a version of PyTorch or Ubuntu that is named here would be old next year. */
async function findByName(clients: AwsClients): Promise<Image | undefined> {
  for (const name of IMAGE_NAMES) {
    const filters = [
      { Name: 'name', Values: [name] },
      { Name: 'architecture', Values: ['x86_64'] },
      { Name: 'state', Values: ['available'] },
    ]
    const newest = newestOf(await listImages(clients, { Owners: ['amazon'], Filters: filters }))
    if (newest) return newest
  }
  return undefined
}

/**
 * The highest version of PyTorch, then of Ubuntu, then the latest build: AWS goes on to build images of older versions, so
 * that the date does not tell. Amazon Linux comes after Ubuntu, whose packages the bootstrap knows.
 */
export function newestOf(images: readonly Image[]): Image | undefined {
  return [...images].sort((a, b) => compareRanks(rankOf(a), rankOf(b))).at(-1)
}

function rankOf({ Name = '', CreationDate = '', DeprecationTime }: Image): (number | string)[] {
  const version = (pattern: RegExp) => (pattern.exec(Name) ?? []).slice(1).map(Number)
  const [major = 0, minor = 0] = version(/PyTorch (\d+)\.(\d+)/)
  const [year = 0] = version(/Ubuntu (\d+)\.\d+/)
  return [
    DeprecationTime && Date.parse(DeprecationTime) < Date.now() ? 0 : 1,
    year > 0 ? 1 : 0,
    major,
    minor,
    year,
    CreationDate,
  ]
}

function compareRanks(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? 0
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
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
