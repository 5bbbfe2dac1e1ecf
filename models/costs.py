"""The numbers behind technology/*.json: what was published, at which node, and how it is carried to others.

calibrate.py makes the tables of them. Energies at 45 nm and 0.9 V, areas at 45 nm, unless a source says otherwise.
"""

import math

ZHONG = (
    "Horowitz, Computing's energy problem, ISSCC 2014, as tabled for 45 nm, 0.9 V by Zhong et al., Towards Lower Bit "
    "Multiplication for Convolutional Neural Network Training, 2020"
)
HOROWITZ = "Horowitz, Computing's energy problem, ISSCC 2014, 45 nm"
ALADDIN = (
    "Shao et al., Aladdin, ISCA 2014: commercial 40 nm library, table for 2 ns in common/power_func.h of "
    "github.com/harvard-acc/ALADDIN"
)
KECKLER = (
    "Keckler et al., GPUs and the Future of Parallel Computing, IEEE Micro 31(5), 2011: 310 pJ for 256 bits of random "
    "data over 10 mm at 40 nm, 0.9 V, 121 fJ/bit/mm"
)
STILLMAKER = "Stillmaker and Baas, Scaling equations, Integration 58, 2017"

# Published, 45 nm: pJ and um2 of a multiplication and of an addition.
UNITS = {
    "int8": {"energy": (0.2, 0.03), "area": (282, 36)},
    "fp16": {"energy": (1.1, 0.40), "area": (1640, 1360)},
    "fp32": {"energy": (3.7, 0.90), "area": (7700, 4184)},
}
# Published, 45 nm: pJ of a 64-bit access.
SRAM = {"sram_8kib": 10, "sram_32kib": 20, "sram_1mib": 100}

# Published, 40 nm flip-flop (Aladdin): fJ of a clocked write, fJ of its clock alone, nW, um2.
FLIP_FLOP_WRITE = 9.011
FLIP_FLOP_CLOCK = 7.935
FLIP_FLOP_LEAKAGE = 73.95
FLIP_FLOP_AREA = 5.981
WIRE = 121  # fJ/bit/mm at 0.9 V

DRAM_NJ = (1.3, 2.6)  # published range, nJ per 64 bits
SRAM_CELL_14NM = 0.0588  # um2, published (Intel, high-performance cell)
ARRAY_EFFICIENCY = 0.5  # estimated

# Estimated shares and counts; their sources are written with the tables.
CLOCKED_SHARE = 0.05
PIPELINE_WORDS = 6
SCHEDULER_ACTIVITY = 0.25

# Energy polynomials a V^2 + b V + c of the high-performance devices, and area relative to 45 nm: the equations' tables
# as published, read from github.com/wromaszkan/nodeScale (nodeScale.py).
ENERGY_POLYNOMIAL = {
    45: (1.018, -0.3107, 0.1539),
    32: (0.8367, -0.4341, 0.1701),
    20: (0.373, -0.1582, 0.04104),
    14: (0.2363, -0.09675, 0.02239),
    7: (0.1776, -0.09097, 0.02447),
}
AREA_FACTOR = {45: 1.0, 32: 0.46, 20: 0.21, 14: 0.17, 7: 0.059}
REFERENCE_VOLTAGE = 0.9


def polynomial(node, voltage):
    a, b, c = ENERGY_POLYNOMIAL[node]
    return a * voltage**2 + b * voltage + c


def between(node, below, above, value):
    """A geometric mean of value(below) and value(above), by the logarithm of the node."""
    weight = math.log(above / node) / math.log(above / below)
    return value(above) * (value(below) / value(above)) ** weight


def digits(value, count):
    return float(f"{value:.{count}g}")


class Node:
    """A node and a voltage, and what 45 nm, 0.9 V is multiplied with to get there."""

    def __init__(self, nanometres, voltage):
        self.nanometres, self.voltage = nanometres, voltage

        def energy(node):
            return polynomial(node, voltage) / polynomial(45, REFERENCE_VOLTAGE)

        self.is_interpolated = nanometres not in AREA_FACTOR
        if self.is_interpolated:
            self.area = digits(between(nanometres, 20, 32, AREA_FACTOR.get), 3)
            self.energy = digits(between(nanometres, 20, 32, energy), 3)
        else:
            self.area = AREA_FACTOR[nanometres]
            self.energy = digits(energy(nanometres), 3)
        self.wire = digits((voltage / REFERENCE_VOLTAGE) ** 2, 3)
        self.is_reference = nanometres == 45

    def note(self, kind):
        """How a factor came about; kind is "area" or "energy"."""
        factor = getattr(self, kind)
        where = "" if kind == "area" else f" at {self.voltage} V from 0.9 V"
        how = ", between their 32 and 20 nm by the logarithm of the node" if self.is_interpolated else ""
        return f"times {factor:g} (45 to {self.nanometres} nm{where}: {STILLMAKER}{how})"


NODES = {"45nm": Node(45, 0.9), "28nm": Node(28, 0.9), "14nm": Node(14, 0.8), "7nm": Node(7, 0.7)}
