"""The words of the environment: paraphrases, short because prompts repeat them for every step."""

from __future__ import annotations

INSTRUCTION = (
    "You control a Sawyer robot arm; the task is {task}. An observation is a JSON object of the "
    "robot's state. An action is [x, y, z, gripper], gripper from 0 (open) to 1 (closed): a target "
    "pose in {mode} coordinates, which a P controller follows.",
    "The task of a Sawyer arm is {task}. You see its state as JSON. You act with four numbers: x, "
    "y, z of the end effector, in {mode} coordinates, and the gripper, 0 for open, 1 for closed. A "
    "P controller moves the arm to that pose.",
    "A robot arm of type Sawyer has to do this: {task}. Observations are JSON texts. Each action "
    "has four dimensions: the end effector's xyz and the gripper (0 open, 1 closed). It is a "
    "target pose, in {mode} coordinates, for a P controller.",
    "Steer a Sawyer arm. Its task: {task}. States come as JSON. Say in each step where the end "
    "effector should go, [x, y, z, gripper] with {mode} coordinates and a gripper between 0, open, "
    "and 1, closed; a P controller then follows this pose.",
)
"""The task's name and "absolute" or "relative" are filled in."""

REWARD = (
    "Reward: {reward}.",
    "The reward is {reward}.",
    "You got a reward of {reward}.",
    "This step's reward: {reward}.",
    "That step was worth {reward}.",
    "You earned {reward}.",
    "The step brought a reward of {reward}.",
    "Reward for this step: {reward}.",
    "The last action was rewarded with {reward}.",
    "Your reward now: {reward}.",
)
PRAISE = (
    "Good move.",
    "That was the right direction.",
    "Well done, you got closer.",
    "Yes, keep going like this.",
    "The hand approaches where it should be.",
    "You are on the right way.",
    "That helped.",
    "A step forward.",
    "Nice, this is where to go.",
    "Right, go on.",
)
BLAME = (
    "Wrong direction.",
    "That was the wrong direction.",
    "You move in the wrong direction.",
    "The hand goes in the wrong direction.",
    "No, wrong direction.",
    "This leads away: wrong direction.",
    "You went in the wrong direction.",
    "Your last move took the wrong direction.",
    "Turn back, this is the wrong direction.",
    "The arm is heading in the wrong direction.",
)
ADVICE = (
    "Go to {target} next.",
    "Next, move to {target}.",
    "Try the pose {target}.",
    "A good next pose is {target}.",
    "I would go to {target} now.",
    "Take {target} as your next target.",
    "Now aim at {target}.",
    "The next pose should be {target}.",
    "From here, {target} is the pose to reach.",
    "You should now go to {target}.",
)
"""The target is always absolute."""
CLOSE = (
    "The gripper should be closed.",
    "Close the gripper.",
    "You should close the gripper.",
    "It is time to close the gripper.",
    "The gripper must close.",
    "Shut the gripper.",
    "The gripper is open and should not be.",
    "Now the gripper has to be closed.",
    "Grip: the gripper should close.",
    "Better close the gripper.",
)
OPEN = (
    "The gripper should be open.",
    "Open the gripper.",
    "You should open the gripper.",
    "It is time to open the gripper.",
    "The gripper must open.",
    "Let the gripper open.",
    "The gripper is closed and should not be.",
    "Now the gripper has to be open.",
    "Release: the gripper should open.",
    "Better open the gripper.",
)
BUT, ALSO = "But, {note}", "Also, {note}"
CLIPPED = "What is out of range was clipped: {parts}."
