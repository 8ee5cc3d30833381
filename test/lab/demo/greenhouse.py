# Waters the plants: an asyncio program with two tasks.
import asyncio
import random

soil = 60


async def dry():
    global soil
    while True:
        soil -= random.getrandbits(2)
        await asyncio.sleep(1)


async def water():
    global soil
    while True:
        if soil < 40:
            print("greenhouse: soil at {} %, watering".format(soil))
            soil = 60
        await asyncio.sleep(1)


async def main():
    await asyncio.gather(dry(), water())


asyncio.run(main())
