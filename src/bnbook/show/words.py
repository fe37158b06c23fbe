"""What an op does, and what it sends back, in words for a page."""

WORDS = {
    "mean": ["Add the values and divide by their number m.",
             "Each value had a share of 1/m in the mean, so each gets 1/m of its "
             "gradient."],
    "subtract": ["Take the second from the first.",
                 "The first input gets the gradient as it is, the second gets it with "
                 "its sign turned."],
    "add": ["Add the two.", "Both inputs get the gradient as it is."],
    "multiply": ["Multiply the two.",
                 "Each input gets the gradient times the other input."],
    "square": ["Multiply each value by itself.",
               "The gradient times twice the value."],
    "sqrt": ["Take the root.", "The gradient divided by twice the root."],
    "reciprocal": ["One over the value.",
                   "Minus the gradient times the square of the result."],
    "divide": ["Divide the first by the second.",
               "The first input gets the gradient over the second. The second gets it "
               "times the result over the second, with its sign turned."],
    "negate": ["Turn the sign.", "The gradient with its sign turned."],
    "same": ["Take the value as it is.", "The gradient as it is."],
    "split": ["Cut the row into groups. The numbers stay what they are.",
              "The gradients go back to the places that the values came from."],
    "merge": ["Put the groups into one row again. The numbers stay what they are.",
              "The gradients go back to the groups that the values came from."],
}
