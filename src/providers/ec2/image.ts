/** The image to launch: the one that was named, else the newest Deep Learning AMI with PyTorch of the region. */
import { DescribeImagesCommand, type Image } from '@aws-sdk/client-ec2'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { RadixError } from '../../errors/radix-error.ts'
import type { AwsClients } from './aws-clients.ts'
import { awsCodeOf } from './ec2-errors.ts'
import type { Ec2Settings } from './settings.ts'

export interface MachineImage {
  imageId: string
  name: string
  architecture: string
  rootDeviceName: string
  rootVolumeGib: number
}

/** Public parameters that AWS keeps pointing at the newest image; the first that the region has is taken. */
const IMAGE_PARAMETERS = [
  '/aws/service/deeplearning/ami/x86_64/oss-nvidia-driver-gpu-pytorch-2.7-ubuntu-22.04/latest/ami-id',
  '/aws/service/deeplearning/ami/x86_64/oss-nvidia-driver-gpu-pytorch-2.6-ubuntu-22.04/latest/ami-id',
]
/** The present name, then that of earlier years. */
const IMAGE_NAMES = ['Deep Learning OSS Nvidia Driver AMI GPU PyTorch*', 'Deep Learning AMI GPU PyTorch*']

/** Throws `AWS_IMAGE_UNUSABLE`, or what AWS threw. */
export async function findImage(clients: AwsClients, settings: Pick<Ec2Settings, 'amiId'>): Promise<MachineImage> {
  const imageId = settings.amiId ?? (await findByParameter(clients))
  const image = imageId ? await describeImage(clients, imageId) : await findByName(clients)
  const { region } = clients
  if (!image) {
    const reason = imageId ? 'there is no such image, or it is not shared with this account' : 'none was found'
    throw new RadixError('AWS_IMAGE_UNUSABLE', { ami_id: imageId ?? 'Deep Learning AMI', region, reason })
  }
  return toMachineImage(image, region)
}

async function findByParameter({ ssm }: AwsClients): Promise<string | undefined> {
  for (const name of IMAGE_PARAMETERS) {
    try {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }))
      if (Parameter?.Value) return Parameter.Value
    } catch (error) {
      // Not every region has every one, and not every role may read them: the names are asked for then.
      if (awsCodeOf(error) !== 'ParameterNotFound' && awsCodeOf(error) !== 'AccessDeniedException') throw error
    }
  }
  return undefined
}

async function describeImage({ ec2 }: AwsClients, imageId: string): Promise<Image | undefined> {
  try {
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }))
    return Images[0]
  } catch (error) {
    if (awsCodeOf(error).startsWith('InvalidAMIID')) return undefined
    throw error
  }
}

async function findByName({ ec2 }: AwsClients): Promise<Image | undefined> {
  for (const name of IMAGE_NAMES) {
    const filters = [
      { Name: 'name', Values: [name] },
      { Name: 'architecture', Values: ['x86_64'] },
      { Name: 'state', Values: ['available'] },
    ]
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['amazon'], Filters: filters }))
    const newest = Images.sort((a, b) => (a.CreationDate ?? '').localeCompare(b.CreationDate ?? '')).at(-1)
    if (newest) return newest
  }
  return undefined
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
