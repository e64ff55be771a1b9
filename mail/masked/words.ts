/** 512 words of ASCII that everybody may see in an address of theirs: things of house, garden and weather, nothing of bodies or beliefs. */
export const WORDS: readonly string[] = `
  acorn agate alder alley almond aloe alpine amber anchor angle anthem antler anvil apple april apron arbor arch arena
  arrow ash aspen aster atlas attic august autumn avenue badge bagel baker bamboo banner barley barn barrel basil
  basin basket bay beach beacon bead beam bean bell bench berry birch blossom blue boat bonnet book boot border bowl
  braid branch brass bread breeze brick bridge bright brook broom brown brush bucket buckle bugle button cabin cable
  cactus cake camera canal candle canoe canvas canyon cape carpet carrot cart castle cedar cellar cello chair chalk
  chart cherry chess chime cider cinema circle citrus clam clay cliff clock cloud clover coast coat cobalt cocoa comet
  copper coral cork corner cotton cove cradle crane crayon cream creek crocus crown cup cushion cycle dahlia daisy
  damson dance dawn deck delta depot dial dinner dock dome door dove drum dune dusk eagle early earth easel east echo
  elder elm ember emerald engine fabric falcon fan farm fern ferry fiddle field fig finch fir flag flame flax fleece
  flint flora flour flute foam fog forest forge fork fossil fox frame fresh frost fruit gable galaxy garden garlic
  garnet gate gentle geyser ginger glade glass globe glove gold goose gorge grain grape grass gravel green grove
  guitar gull hall hamlet harbor harp hat hawk hazel hedge heron hill honey hoop house iris iron island ivory ivy
  jacket jade january jasmine jersey jewel jigsaw june juniper kayak kelp kettle key kitchen kite label lace ladder
  lagoon lake lamp lantern larch lark laurel lawn leaf ledge lemon lens letter lilac lily lime linden linen lion lobby
  locket lodge lotus lunar lupin lute magnet mallow mango mantle maple marble march market maroon marsh meadow medal
  mellow melon mesa mill mimosa mint mirror mist mitten moon morning mosaic moss muffin mural museum music mustard
  nectar needle nest nettle night noble noon north nutmeg oak oasis oat ocean ochre october olive onyx opal opera
  orange orbit orchard orchid organ origami otter oval owl paddle page palace palm panda paper parade parcel park
  parsley path patio peach pear pearl pebble pelican pencil pepper petal piano picnic pier pigeon pillow pine pink
  planet plum pocket poem polar pond poplar poppy porch potato prairie prism pumpkin puzzle quartz quiet quill quilt
  quince rabbit radio raft rain raisin ranch raven reed reef ribbon rice ridge river road robin rocket roof rope rose
  ruby rug saddle saffron sage sail salad salmon salt sand satin saturn scarf school sea season sequoia shade shelf
  shell shore shutter sienna silk silver sketch sky slate sleigh snow soda sofa solar song sorrel south sparrow spice
  spinach spiral spring spruce square stable star station steam stone stool story stream street studio summer sun
  sunset swallow swan swift table talc teapot tent terrace thicket thimble thistle thunder thyme tide tiger timber
  toast tomato topaz torch tower trail train trellis trumpet tulip tundra turtle twig vale valley vanilla velvet
  veranda vessel village vine violet violin walnut waltz water wave weaver west whale wheat wheel willow wind window
  winter wood wool wren yard yarrow yellow zebra zephyr zinnia
`
  .trim()
  .split(/\s+/)
