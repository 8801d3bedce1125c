/** Why there is no picture: somebody said no, or there is nothing that could take one. */
export type CameraFault = 'denied' | 'absent'

/** Whether there is a camera at all; asks nobody. */
export async function hasCamera(): Promise<boolean> {
  // Old browsers, and pages without a secure address, know of no devices.
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? []
  return devices.some(({ kind }) => kind === 'videoinput')
}

/** Asks the person, through the browser. */
export async function openCamera(): Promise<MediaStream | CameraFault> {
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: 2560 }, height: { ideal: 1920 } },
    })
  } catch (error) {
    // Whatever else it is (unplugged, used by another program), there is no camera for us now.
    return error instanceof Error && error.name === 'NotAllowedError' ? 'denied' : 'absent'
  }
}

export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

/** What the video shows now, as a photo. */
export async function photographFrom(video: HTMLVideoElement, now: Date): Promise<File> {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight)
  canvas.getContext('2d')?.drawImage(video, 0, 0)
  const bytes = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 })
  const time = now.toISOString().slice(0, 19).replaceAll(/[:T]/g, '-')
  return new File([bytes], `photo-${time}.jpg`, { type: 'image/jpeg' })
}
